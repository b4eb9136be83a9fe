// The one page of the shop: the form, and beneath it what came of it.

const escape = (text) => String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const row = ([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`

const outcome = ({ order, error }) => {
  if (error) return `<p class="note bad" role="alert">${escape(error)}</p>`
  if (order)
    return `<div class="note"><p>Thank you, your picture has arrived.</p><dl>${Object.entries(order).map(row).join('')}</dl></div>`
  return ''
}

export const page = ({ prefix, worker, order, error }) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Print shop</title>
<style>
  :root { color-scheme: light dark; --ink: #1d2a24; --soft: #5d6b63; --paper: #f7f6f1; --card: #fff; --line: #dedcd2; --leaf: #23744b }
  @media (prefers-color-scheme: dark) { :root { --ink: #e4ebe6; --soft: #93a29a; --paper: #101512; --card: #181f1b; --line: #2b352f; --leaf: #6fcb9b } }
  * { box-sizing: border-box }
  body { margin: 0; padding: 2rem 1rem; background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, sans-serif }
  main { max-width: 34rem; margin: auto }
  a { color: var(--leaf) }
  h1 { margin: .5rem 0; font-size: 1.8rem; letter-spacing: -.02em }
  form, .note { padding: 1.25rem; margin: 1.25rem 0; background: var(--card); border: 1px solid var(--line); border-radius: 14px }
  label { display: block; margin-bottom: 1rem; font-weight: 600 }
  input { display: block; width: 100%; margin-top: .35rem; padding: .55rem .7rem; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 9px }
  button { padding: .6rem 1.2rem; font: inherit; font-weight: 600; color: var(--paper); background: var(--leaf); border: 0; border-radius: 9px; cursor: pointer }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .2rem 1rem; margin: 0 }
  dt, footer { color: var(--soft) }
  dd { margin: 0; overflow-wrap: anywhere }
  .note p { margin: 0 0 .5rem }
  .bad { border-color: #c2483a }
</style>
<main>
  <a href="/">&larr; webgarden</a>
  <h1>Print shop</h1>
  <p>An Express application. Send it a picture of up to 5 MB; multer takes the form apart.</p>
  ${outcome({ order, error })}
  <form method="post" action="${escape(prefix)}/upload" enctype="multipart/form-data">
    <label>Your name <input name="name" autocomplete="name"></label>
    <label>Picture <input type="file" name="picture" required></label>
    <button>Send</button>
  </form>
  <footer>Served by thread ${worker}, one of the two workers of pool Shop.</footer>
</main>
</html>
`
