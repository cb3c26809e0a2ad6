// A modal dialogue: the browser's own, which keeps the focus inside and gives it back.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface Props {
  label: string;
  onClose: () => void;
  children: ComponentChildren;
}

export function Dialog({ label, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current!;
    const before = document.activeElement;
    element.showModal();
    return () => {
      element.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const onPointerDown = (event: MouseEvent) => {
    if (event.target === dialog.current) onClose();
  };
  const onCancel = (event: Event) => {
    event.preventDefault();
    onClose();
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby="dialog-title"
      onCancel={onCancel}
      onMouseDown={onPointerDown}
    >
      <div class="dialog">
        <h2 id="dialog-title">{label}</h2>
        {children}
      </div>
    </dialog>
  );
}
