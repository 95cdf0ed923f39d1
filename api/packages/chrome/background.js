/** Opens the panel, and hands it the text that was chosen in the page's menu. Nothing is kept on the disk. */

chrome.sidePanel.setPanelBehavior({ openPanelOnActionClick: true })

chrome.runtime.onInstalled.addListener(() =>
  chrome.contextMenus.create({ id: 'ask', title: chrome.i18n.getMessage('ask'), contexts: ['selection'] }))

chrome.contextMenus.onClicked.addListener((info, tab) => {
  chrome.sidePanel.open({ windowId: tab.windowId }).catch(() => {}) // it may be open already
  chrome.storage.session.set({ asked: { text: info.selectionText, at: Date.now() } }) // in memory; the panel may not be there yet
})
