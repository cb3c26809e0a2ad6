// Puts the page on the screen.
import { render } from 'preact';
import { begin } from './state/session';
import { App } from './view/app';

void begin();
render(<App />, document.querySelector('#page')!);
