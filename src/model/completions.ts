import type { MLOpsClient } from '../api/client';
import type { Completion } from '../api/types';
import { ObservableModel } from './observable';

/** A filter to learn from. */
export const FILTER_HELP = "metrics.accuracy > 0.9 AND params.C = '1.0'";

/** Completions that are fetched at once. */
const MOST = 20;

/** A text that completes what stands in the search field. */
export interface IChoice {
  /** The whole text. */
  readonly value: string;
  /** What is new in it. */
  readonly label: string;
  /** What that is. */
  readonly detail: string;
  /** Where one goes on writing. */
  readonly caret: number;
}

/** Asks the server what can stand at the cursor of a query. */
export class Completer extends ObservableModel {
  constructor(private readonly _client: MLOpsClient) {
    super();
  }

  /** For the text that was last asked for; none while the answer is on its way. */
  get choices(): readonly IChoice[] {
    return this._choices;
  }

  /** Look up what can stand at a place of a text. */
  async look(text: string, caret: number): Promise<void> {
    const asked = `${caret} ${text}`;
    if (asked === this._asked) {
      return;
    }
    this._asked = asked;
    const points = [...text];
    let choices: IChoice[] = [];
    if (text) {
      try {
        const found = await this._client.get('/completions', {
          query: { text, cursor: [...text.slice(0, caret)].length, limit: MOST }
        });
        const before = points.slice(0, found.start).join('');
        const after = points.slice(found.end).join('');
        choices = found.items
          .map(item => Private.choice(before, item, after))
          .filter(choice => choice.value.trim() !== text.trim());
      } catch {
        // Without completion the field still works; the search itself says what is wrong.
      }
    }
    if (asked === this._asked) {
      this._choices = choices;
      this.touch();
    }
  }

  private _choices: IChoice[] = [];
  private _asked = '';
}

/** A key as a filter wants it. */
export function quoteKey(key: string): string {
  if (/^[A-Za-z_][\w.]*$/.test(key)) {
    return key;
  }
  const mark = key.includes('`') ? '"' : '`';
  return mark + key.replaceAll(mark, mark + mark) + mark;
}

namespace Private {
  /** Whoever takes something other than a value goes on writing behind a space. */
  export function choice(
    before: string,
    item: Completion,
    after: string
  ): IChoice {
    const space = item.kind === 'value' || /^\s/.test(after) ? '' : ' ';
    const written = before + item.text + space;
    const count = item.count === null ? '' : String(item.count);
    return {
      value: written + after,
      label: item.text,
      detail: [item.detail, count].filter(Boolean).join(' · '),
      caret: written.length
    };
  }
}
