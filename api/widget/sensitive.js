/**
 * Numbers that should not leave the agent's screen: struck out before a question is sent, so that the agent learns it at once.
 * The service redacts again, and knows many more kinds; what is found here is only what the eye would catch.
 */

const SEPARATOR = '[ .\\-\\u00a0\\u2009\\u202f]?'
const RULES = [
  ['iban', /\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?\b/g, isIban],
  ['clabe', new RegExp(`(?<![\\d])(?:\\d${SEPARATOR}){17}\\d(?!\\d)`, 'g'), isClabe],
  ['card_number', new RegExp(`(?<![\\d])(?:\\d${SEPARATOR}){12,18}\\d(?!\\d)`, 'g'), isCard],
  ['ssn', /(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])/g, () => true],
]

/**
 * @param {string} text
 * @returns {{text: string, kinds: string[]}} the text with what was found replaced by its kind in brackets
 */
export function withoutSecrets(text) {
  const kinds = new Set()
  let shown = text
  for (const [kind, pattern, valid] of RULES) {
    shown = shown.replace(pattern, (found) => {
      if (!valid(found)) return found
      kinds.add(kind)
      return `[${kind.replace('_', ' ')}]`
    })
  }
  return { text: shown, kinds: [...kinds] }
}

const digits = (text) => text.replace(/\D/g, '')

function isCard(text) {
  const number = digits(text)
  const issuer =
    (/^4/.test(number) && [13, 16, 19].includes(number.length)) ||
    (/^(5[1-5]|2(22[1-9]|2[3-9]|[3-6]|7[01]|720))/.test(number) && number.length === 16) ||
    (/^3[47]/.test(number) && number.length === 15) ||
    (/^(6011|64[4-9]|65|35|62)/.test(number) && number.length >= 16) ||
    (/^3(0[0-5]|[68])/.test(number) && number.length === 14)
  return issuer && luhn(number)
}

function luhn(number) {
  const sum = [...number].reverse().reduce((total, digit, place) => {
    const doubled = Number(digit) * (place % 2 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return sum % 10 === 0
}

function isClabe(text) {
  const number = digits(text)
  const sum = [...number.slice(0, 17)].reduce((total, digit, place) => total + ((Number(digit) * [3, 7, 1][place % 3]) % 10), 0)
  return number.length === 18 && (10 - (sum % 10)) % 10 === Number(number[17])
}

function isIban(text) {
  const code = text.replace(/ /g, '')
  if (code.length < 15 || code.length > 34) return false
  const numbers = [...(code.slice(4) + code.slice(0, 4))].map((c) => (/\d/.test(c) ? c : c.charCodeAt(0) - 55)).join('')
  return [...numbers].reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0) === 1
}
