import type { MLOpsClient } from '../api/client';
import type { Execution } from '../api/types';

/** Executions in a page. */
const PAGE = 500;

/** Every execution of a cell, the newest first. */
export async function cellExecutions(
  client: MLOpsClient,
  cellId: string
): Promise<Execution[]> {
  const executions: Execution[] = [];
  let token: string | null | undefined;
  do {
    const page = await client.get('/executions', {
      query: {
        cell_id: cellId,
        limit: PAGE,
        page_token: token ?? undefined
      },
      background: true
    });
    executions.push(...page.executions);
    token = page.next_page_token;
  } while (token);
  return executions.sort((a, b) => b.started_at - a.started_at);
}

/** Runs that the cell belonged to when it was last executed in a run. */
export async function runsOfCell(
  client: MLOpsClient,
  cellId: string
): Promise<readonly string[]> {
  const executions = await cellExecutions(client, cellId);
  return executions.find(each => each.run_ids.length > 0)?.run_ids ?? [];
}
