// What the keyboard does.
import { helping } from '../state/dialogs';
import { Dialog } from './dialog';

const KEYS: [string[], string][] = [
  [['/'], 'Search'],
  [['j', 'k'], 'Next and previous job'],
  [['Enter'], 'Open the job'],
  [['Esc'], 'Back to the list; close what is open'],
  [['n'], 'Show what is new'],
  [['p'], 'Pause and resume live updates'],
  [['d'], 'Delete the job, after a question'],
  [['?'], 'This help'],
];

export function HelpDialog() {
  if (!helping.value) return null;
  const close = () => (helping.value = false);
  return (
    <Dialog label="Keyboard" onClose={close}>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div class="actions">
        <button type="button" class="primary" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
