/** The markup of the login application's pages. What they do stands in the folder `page`. */

const page = (title, main, scripts) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,"></head>
<body>
${main}
${scripts.map((src) => `<script type="module" src="/${src}"></script>`).join('\n')}
</body>
</html>`;

const frame = (address) => `<iframe id="widget" src="${address}"></iframe>`;

/** A form that its script submits, so that any driver can log in by going to one address. @param {string} run */
export const loginPage = (run) =>
  page('Log in', `<form method="post" action="/login"><input type="hidden" name="run" value="${run}"></form>`, [
    'login.mjs',
  ]);

/** @param {string} widget the address of the third party's frame */
export const welcomePage = (widget) => page('Welcome', frame(widget), ['kit.js', 'welcome.mjs']);

/** @param {string} widget */
export const checkPage = (widget) => page('Checking', `<p id="result"></p>${frame(widget)}`, ['kit.js', 'check.mjs']);

export const idCheckPage = () => page('Checking', '', ['check-id.mjs']);

export const checkedPage = () => page('Checked', '<p id="result"></p>', ['checked.mjs']);

export const widgetPage = () => page('Widget', '<p>A third party.</p>', []);
