/** Every word of the sidebar in its languages, side by side. `{}` is where a value goes; `|` parts the words for one from those for many. */

const LANGUAGES = ['en', 'es', 'fr']

const WORDS = {
  sidebar: ['Guidance', 'Guía', 'Consignes'],
  ask: ['What does the customer need?', '¿Qué necesita el cliente?', 'De quoi le client a-t-il besoin ?'],
  askHint: [
    'Type or paste the issue. / to come here, ? for all keys',
    'Escriba o pegue el problema. / para llegar aquí, ? para ver las teclas',
    'Tapez ou collez le problème. / pour venir ici, ? pour les touches',
  ],
  clear: ['Clear the question', 'Borrar la pregunta', 'Effacer la question'],
  place: ['Place', 'Lugar', 'Lieu'],
  product: ['Product', 'Producto', 'Produit'],
  tier: ['Tier', 'Nivel', 'Niveau'],
  language: ['Language', 'Idioma', 'Langue'],
  anyPlace: ['Place: not said', 'Lugar: no se dijo', 'Lieu : non précisé'],
  anyProduct: ['All products', 'Todos los productos', 'Tous les produits'],
  questionsLanguage: ["Question's language", 'Idioma de la pregunta', 'Dans la langue de la question'],
  inferred: ['inferred', 'deducido', 'déduit'],
  inferredScope: [
    '{}: read from the question. Alt+J keeps it, Alt+P corrects it.',
    '{}: leído en la pregunta. Alt+J lo conserva, Alt+P lo corrige.',
    '{} : lu dans la question. Alt+J le garde, Alt+P le corrige.',
  ],
  mended: ['Read as: {}', 'Leído como: {}', 'Lu : {}'],
  keep: ['Keep', 'Conservar', 'Garder'],
  time: ['As of', 'Con fecha', 'En date du'],
  asOf: [
    'You are looking at the guidance of {}. It may not be the rule today.',
    'Está viendo la guía del {}. Puede no ser la regla de hoy.',
    'Vous voyez les consignes du {}. Elles peuvent ne plus être la règle.',
  ],
  backToToday: ['Back to today', 'Volver a hoy', "Revenir à aujourd'hui"],
  waiting: ['Asking…', 'Preguntando…', 'Recherche…'],
  found: ['{} article|{} articles', '{} artículo|{} artículos', '{} article|{} articles'],
  nothing: ['No article.', 'Ningún artículo.', 'Aucun article.'],
  refused: ['Nothing fits this question well', 'Nada responde bien a esta pregunta', 'Rien ne répond bien à cette question'],
  leads: [
    'Outside your scope, for orientation only',
    'Fuera de su alcance, solo como orientación',
    'Hors de votre portée, à titre indicatif',
  ],
  escalateTo: ['to {}', 'a {}', 'à {}'],
  differs: [
    'The rule differs by place. Where is the customer?',
    'La regla cambia según el lugar. ¿Dónde está el cliente?',
    'La règle varie selon le lieu. Où est le client ?',
  ],
  demo: [
    'Demonstration: every request is the demo reader',
    'Demostración: cada petición es del lector de prueba',
    'Démonstration : chaque demande est celle du lecteur de démonstration',
  ],
  gap: ['Report that guidance is missing', 'Avisar que falta una guía', "Signaler qu'une consigne manque"],
  reported: ['Reported. Thank you.', 'Aviso enviado. Gracias.', 'Signalé. Merci.'],
  why: {
    offline: [
      'No connection to the guidance service.',
      'No hay conexión con el servicio de guía.',
      'Pas de connexion au service des consignes.',
    ],
    slow: ['The guidance service is slow.', 'El servicio de guía está lento.', 'Le service des consignes est lent.'],
    busy: ['Too many questions at once.', 'Demasiadas preguntas a la vez.', 'Trop de questions à la fois.'],
    trouble: ['The guidance service has a problem.', 'El servicio de guía tiene un problema.', 'Le service des consignes a un problème.'],
    signedOut: [
      'You are not signed in. Sign in to your desk again, or ask your team lead.',
      'No ha iniciado sesión. Entre de nuevo a su mesa de trabajo o avise a su líder de equipo.',
      "Vous n'êtes pas connecté. Reconnectez-vous à votre poste, ou prévenez votre responsable d'équipe.",
    ],
    refused: [
      'This is not granted to you. Ask your team lead.',
      'Esto no se le permite. Consulte a su líder de equipo.',
      "Ceci ne vous est pas permis. Adressez-vous à votre responsable d'équipe.",
    ],
    missing: ['This is not there, or not for you.', 'Esto no existe, o no es para usted.', "Ceci n'existe pas, ou n'est pas pour vous."],
    wrong: [
      'The service cannot read this question.',
      'El servicio no puede leer esta pregunta.',
      'Le service ne peut pas lire cette question.',
    ],
  },
  nothingThen: ['There is no guidance of that day.', 'De ese día no hay guía.', "Il n'y a pas de consignes de ce jour-là."],
  retrying: [
    'Your question is kept; trying again.',
    'Su pregunta se conserva; se intenta de nuevo.',
    'Votre question est gardée ; nouvel essai en cours.',
  ],
  tryNow: ['Try now', 'Intentar ya', 'Réessayer'],
  redacted: [
    'Struck out before sending: {}. Such numbers must not be typed here.',
    'Se tachó antes de enviar: {}. Esos números no se escriben aquí.',
    "Masqué avant l'envoi : {}. De tels numéros ne se tapent pas ici.",
  ],
  kinds: {
    card_number: ['card number', 'número de tarjeta', 'numéro de carte'],
    clabe: ['CLABE', 'CLABE', 'CLABE'],
    iban: ['IBAN', 'IBAN', 'IBAN'],
    ssn: ['social security number', 'número de seguro social', 'numéro de sécurité sociale'],
  },
  recent: ['Asked before', 'Preguntas anteriores', 'Questions précédentes'],
  suggestions: ['Articles with these words', 'Artículos con estas palabras', 'Articles avec ces mots'],
  tierN: ['tier {}', 'nivel {}', 'niveau {}'],
  from: ['from {}', 'desde {}', 'à partir du {}'],
  until: ['until {}', 'hasta {}', "jusqu'au {}"],
  overdue: ['review was due on {}', 'la revisión vencía el {}', 'la révision était due le {}'],
  behind: ['translation behind its source', 'traducción atrasada respecto al original', "traduction en retard sur l'original"],
  deprecated: ['being phased out', 'en retiro', 'en cours de retrait'],
  notInForce: [
    'This text is not the rule here and now.',
    'Este texto no es la regla aquí y ahora.',
    "Ce texte n'est pas la règle ici et maintenant.",
  ],
  replacedBy: ['Another text replaces it here: {}', 'Aquí lo reemplaza otro texto: {}', 'Un autre texte le remplace ici : {}'],
  back: ['Back to the answers', 'Volver a las respuestas', 'Retour aux réponses'],
  identity: {
    basic: ['Identity check: basic', 'Verificación de identidad: básica', "Vérification d'identité : simple"],
    elevated: ['Identity check: elevated', 'Verificación de identidad: reforzada', "Vérification d'identité : renforcée"],
  },
  escalation: ['Escalation', 'Escalamiento', 'Transfert'],
  when: ['When: {}', 'Cuándo: {}', 'Quand : {}'],
  collect: ['Collect first', 'Reúna antes', "À recueillir d'abord"],
  copyList: ['Copy as a checklist', 'Copiar como lista', 'Copier comme liste'],
  say: ['Say this word for word', 'Dígalo palabra por palabra', 'À dire mot pour mot'],
  dontSay: ['Do not say', 'No lo diga', 'À ne pas dire'],
  internal: ['Internal: never for the customer', 'Interno: nunca para el cliente', 'Interne : jamais pour le client'],
  onlyFor: ['Only for {}', 'Solo para {}', 'Seulement pour {}'],
  fromTier: ['From tier {}', 'Desde el nivel {}', 'À partir du niveau {}'],
  copy: ['Copy', 'Copiar', 'Copier'],
  insert: ['Insert', 'Insertar', 'Insérer'],
  copied: ['Copied.', 'Copiado.', 'Copié.'],
  inserted: ['Inserted.', 'Insertado.', 'Inséré.'],
  cannotCopy: [
    'The browser does not allow copying. Select the text and copy it yourself.',
    'El navegador no permite copiar. Seleccione el texto y cópielo.',
    'Le navigateur ne permet pas de copier. Sélectionnez le texte et copiez-le.',
  ],
  guarded: [
    'This holds internal text and was not used. Select the part that the customer may read.',
    'Esto contiene texto interno y no se usó. Seleccione la parte que el cliente puede leer.',
    "Ceci contient du texte interne et n'a pas été utilisé. Sélectionnez la partie que le client peut lire.",
  ],
  feedback: ['Is this text right?', '¿Este texto es correcto?', 'Ce texte est-il juste ?'],
  helpful: ['Helpful', 'Útil', 'Utile'],
  wrong: ['Wrong', 'Incorrecto', 'Faux'],
  outdated: ['Outdated', 'Desactualizado', 'Périmé'],
  missing: ['Something is missing', 'Falta algo', 'Il manque quelque chose'],
  steps: ['Guided steps', 'Pasos guiados', 'Étapes guidées'],
  stepBack: ['One step back', 'Un paso atrás', 'Une étape en arrière'],
  restart: ['Start again', 'Empezar de nuevo', 'Recommencer'],
  resolved: ['Resolved', 'Resuelto', 'Résolu'],
  escalate: ['Escalate', 'Escale', 'Transférez'],
  trail: ['Copy what was done', 'Copiar lo que se hizo', 'Copier ce qui a été fait'],
  history: ['History', 'Historial', 'Historique'],
  version: ['Version {}, {}', 'Versión {}, {}', 'Version {}, {}'],
  current: ['current', 'vigente', 'en vigueur'],
  by: ['by {}', 'por {}', 'par {}'],
  approvedBy: ['approved by {}', 'aprobada por {}', 'approuvée par {}'],
  changes: ['What changed to this version', 'Qué cambió en esta versión', 'Ce qui a changé dans cette version'],
  noHistory: ['There is one version of this text.', 'Este texto tiene una sola versión.', "Ce texte n'a qu'une version."],
  openPage: ['Open as a page', 'Abrir como página', 'Ouvrir comme page'],
  sources: ['Sources', 'Fuentes', 'Sources'],
  citation: ['({}: {}, version {})', '({}: {}, versión {})', '({} : {}, version {})'],
  scope: ['What the question is about', 'De qué trata la pregunta', 'Sur quoi porte la question'],
  slow: [
    'Taking longer than usual. Your question is kept.',
    'Tarda más de lo normal. Su pregunta se conserva.',
    "Plus long que d'habitude. Votre question est gardée.",
  ],
  updated: ['The guidance was updated a moment ago.', 'La guía se actualizó hace un momento.', 'Les consignes viennent de changer.'],
  mustReads: [
    '{} article to read and acknowledge|{} articles to read and acknowledge',
    '{} artículo por leer y confirmar|{} artículos por leer y confirmar',
    '{} article à lire et à confirmer|{} articles à lire et à confirmer',
  ],
  mustRead: ['To read and acknowledge', 'Por leer y confirmar', 'À lire et à confirmer'],
  mustReadThis: ['This has to be read.', 'Esto debe leerse.', 'Ceci doit être lu.'],
  acknowledge: ['I have read this version', 'Leí esta versión', "J'ai lu cette version"],
  acknowledged: ['acknowledged on {}', 'confirmado el {}', 'confirmé le {}'],
  waits: ['waits since {}', 'espera desde el {}', 'en attente depuis le {}'],
  thanks: ['Noted that you have read this version.', 'Quedó anotado que leyó esta versión.', 'Il est noté que vous avez lu cette version.'],
  newer: [
    'A newer version is live. Here it is.',
    'Hay una versión más nueva. Es esta.',
    'Une version plus récente est en vigueur. La voici.',
  ],
  changedSince: ['Changed since you read it on {}.', 'Cambió desde que lo leyó el {}.', 'A changé depuis votre lecture du {}.'],
  whatChanged: ['What changed', 'Qué cambió', 'Ce qui a changé'],
  drill: ['Drill: what changed', 'Práctica: qué cambió', 'Exercice : ce qui a changé'],
  asks: {
    step: ['Where does this lead now?', '¿A dónde lleva ahora?', 'Où cela mène-t-il maintenant ?'],
    place: ['Where does it hold now?', '¿Dónde rige ahora?', 'Où cela vaut-il maintenant ?'],
  },
  right: ['Right', 'Correcto', 'Juste'],
  next: ['Next', 'Siguiente', 'Suivant'],
  certified: ['You are certified for this version.', 'Queda certificado para esta versión.', 'Vous êtes certifié pour cette version.'],
  notCertified: [
    'Not certified: the first try counts.',
    'No queda certificado: cuenta el primer intento.',
    'Non certifié : le premier essai compte.',
  ],
  practise: ['Practise', 'Repasar', "S'exercer"],
  practised: ['Practice: the first try counts.', 'Repaso: cuenta el primer intento.', 'Exercice : le premier essai compte.'],
  nothingWaits: ['Nothing waits to be read.', 'Nada espera ser leído.', "Rien n'attend d'être lu."],
  nearest: [
    'The nearest articles are listed; check before you use one.',
    'Estos son los artículos más cercanos; revíselos antes de usarlos.',
    "Voici les articles les plus proches ; vérifiez avant d'en utiliser un.",
  ],
  nothingInScope: [
    'No article in your scope is about this.',
    'Ningún artículo a su alcance trata de esto.',
    "Aucun article à votre portée n'en parle.",
  ],
  aboveTierMeans: [
    'Guidance exists above your tier.',
    'Hay una guía para un nivel superior al suyo.',
    'Une consigne existe au-dessus de votre niveau.',
  ],
  everyPlaceText: ['text for every place', 'texto para todo lugar', 'texte pour tous les lieux'],
  placeText: ['text for {}', 'texto para {}', 'texte pour {}'],
  liesIn: ['{} lies in {}', '{} está en {}', '{} est dans {}'],
  replaces: ['replaces {}', 'reemplaza a {}', 'remplace {}'],
  noPlaceAsked: ['no place was asked', 'no se preguntó por un lugar', "aucun lieu n'a été demandé"],
  keys: ['Keys', 'Teclas', 'Touches'],
  keyList: {
    '/': ['write a question', 'escribir una pregunta', 'écrire une question'],
    '↓ ↑': ['next, previous answer', 'respuesta siguiente, anterior', 'réponse suivante, précédente'],
    Enter: ['open the answer', 'abrir la respuesta', 'ouvrir la réponse'],
    Esc: ['back', 'volver', 'retour'],
    i: ['insert into the reply', 'insertar en la respuesta al cliente', 'insérer dans la réponse au client'],
    c: ['copy with its source', 'copiar con su fuente', 'copier avec la source'],
    w: ['this is wrong', 'esto es incorrecto', "c'est faux"],
    o: ['this is outdated', 'esto está desactualizado', "c'est périmé"],
    g: ['guidance is missing', 'falta una guía', 'une consigne manque'],
    e: ['copy whom to escalate to, and the checklist', 'copiar a quién escalar, con la lista', 'copier à qui transférer, avec la liste'],
    h: ['history', 'historial', 'historique'],
    d: ['what changed since you read it', 'qué cambió desde que lo leyó', 'ce qui a changé depuis votre lecture'],
    m: ['what you have to read', 'lo que debe leer', 'ce que vous devez lire'],
    t: ['the drill about what changed', 'la práctica de lo que cambió', "l'exercice sur ce qui a changé"],
    a: ['you have read this version', 'leyó esta versión', 'vous avez lu cette version'],
    'Alt+J': ['keep what was read from the question', 'conservar lo leído en la pregunta', 'garder ce qui a été lu dans la question'],
    'Alt+P': ['correct it', 'corregirlo', 'le corriger'],
    '?': ['this list', 'esta lista', 'cette liste'],
  },
  close: ['Close', 'Cerrar', 'Fermer'],
}

/**
 * The words for a reader: texts, and functions where values go into them.
 * @param {string | null} [lang] as es or es-MX; else the browser's first language that is here
 */
export function wordsFor(lang) {
  const asked = [lang, ...(navigator.languages ?? [])].map((code) => code?.split('-')[0])
  const code = asked.find((it) => LANGUAGES.includes(it)) ?? 'en'
  return { ...chosen(WORDS, LANGUAGES.indexOf(code)), code }
}

function chosen(words, column) {
  return Object.fromEntries(Object.entries(words).map(([name, it]) => [name, Array.isArray(it) ? said(it[column]) : chosen(it, column)]))
}

function said(text) {
  if (!text.includes('{}')) return text
  const [one, many = one] = text.split('|')
  return (...values) => (values[0] === 1 ? one : many).replace(/{}/g, () => values.shift())
}
