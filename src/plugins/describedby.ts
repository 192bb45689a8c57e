/** Arguments of commands that act on runs, for those who call them without the panel. */
export const RUN_ARGS = {
  args: {
    type: 'object',
    properties: {
      runId: { type: 'string', description: 'Id of the run' },
      runIds: {
        type: 'array',
        items: { type: 'string' },
        description: 'Ids of the runs'
      },
      context: {
        type: 'boolean',
        description: 'Take the run below the context menu'
      }
    }
  }
};

/** Arguments of commands that act on a version of a registered model. */
export const VERSION_ARGS = {
  args: {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'Name of the registered model' },
      version: { type: 'number', description: 'Number of the version' },
      context: {
        type: 'boolean',
        description: 'Take the version below the context menu'
      }
    }
  }
};

/** Commands without arguments. */
export const NO_ARGS = { args: { type: 'object', properties: {} } };
