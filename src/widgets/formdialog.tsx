import { Dialog } from '@jupyterlab/apputils';
import type { FormModel } from '../model/forms';
import type { IViewServices } from '../tokens';
import { ViewHost } from './host';

/** A dialog that closes only when the server has accepted what was filled in. */
class FormDialog extends Dialog<unknown> {
  constructor(
    options: Partial<Dialog.IOptions<unknown>>,
    private readonly _form: FormModel
  ) {
    super(options);
    this.addClass('jp-MLOps-dialog');
  }

  override handleEvent(event: Event): void {
    if (!Private.isForList(event)) {
      super.handleEvent(event);
    }
  }

  override resolve(index?: number): void {
    if (index === 0) {
      this.reject();
      return;
    }
    void this._form.submit().then(accepted => {
      if (accepted) {
        super.resolve(index);
      }
    });
  }
}

/** Show a form; true when it was accepted. */
export async function showForm(options: {
  readonly services: IViewServices;
  readonly title: string;
  readonly accept: string;
  readonly form: FormModel;
  readonly view: JSX.Element;
}): Promise<boolean> {
  const { services, title, accept, form, view } = options;
  const dialog = new FormDialog(
    {
      title,
      body: new ViewHost({ services, view }),
      buttons: [
        Dialog.cancelButton({ label: services.trans.__('Cancel') }),
        Dialog.okButton({ label: accept })
      ],
      focusNodeSelector: 'input'
    },
    form
  );
  const result = await dialog.launch();
  form.dispose();
  return result.button.accept;
}

namespace Private {
  /** Whether a key is meant for the list of completions that is open. */
  export function isForList(event: Event): boolean {
    const field = document.activeElement;
    return (
      event instanceof KeyboardEvent &&
      field?.getAttribute('aria-expanded') === 'true' &&
      (event.key === 'Escape' ||
        (event.key === 'Enter' && field.hasAttribute('aria-activedescendant')))
    );
  }
}
