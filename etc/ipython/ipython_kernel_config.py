# Loads the recorder into every IPython kernel of this environment. This file may outlive the
# package, so it looks before it asks IPython to import: IPython would print a traceback for an
# extension that is not there.
from importlib.util import find_spec

c = get_config()  # noqa: F821

if find_spec("jupyterlab_mlops") and find_spec("jupyterlab_mlops.kernel"):
    c.InteractiveShellApp.extra_extensions.append("jupyterlab_mlops.kernel")
