// Not a module, so that it runs before the page is drawn: light, dark, or as the system has it.
{
  const KEY = 'chat.theme', ORDER = ['auto', 'light', 'dark'], root = document.documentElement;
  const text = { auto: 'Colours as the system has them', light: 'Light colours', dark: 'Dark colours' };

  const show = () => {
    const theme = ORDER.includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : 'auto';
    root.dataset.theme = theme;
    document.getElementById('theme-icon')?.setAttribute('href', `#i-${theme}`);
    const button = document.getElementById('theme');
    button?.setAttribute('aria-label', `${text[theme]}; change`);
    if (button) button.title = text[theme];
  };
  show();
  addEventListener('storage', ({ key }) => key === KEY && show());
  addEventListener('DOMContentLoaded', () => {
    show();
    document.getElementById('theme').addEventListener('click', () => {
      localStorage.setItem(KEY, ORDER[(ORDER.indexOf(root.dataset.theme) + 1) % ORDER.length]);
      show();
    });
  });
}
