"""The page behind the links that MLflow's client prints: it leads to the run in the panel."""

from __future__ import annotations

import json

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

PAGE = """<!doctype html>
<meta charset="utf-8">
<title>MLOps</title>
<p>A run of MLflow's API is shown in JupyterLab: <a id="there" href="#">open it there</a>.</p>
<script>
  const run = /\\/runs\\/([\\w-]+)/.exec(window.location.hash);
  const target = %s + (run ? '?mlops-run=' + encodeURIComponent(run[1]) : '');
  document.getElementById('there').href = target;
  window.location.replace(target);
</script>
"""


class LinkHandler(JupyterHandler):
    """Where a browser arrives that follows such a link; it keeps what stands behind `#`."""

    auth_resource = "jupyterlab_mlops:runs"

    @web.authenticated
    def get(self) -> None:
        """Send the browser on to the application that this server opens by default."""
        application = self.settings["mlops_default_url"]
        target = f"{self.base_url.rstrip('/')}/{application.strip('/')}"
        self.set_header("Content-Type", "text/html; charset=utf-8")
        # In a script `</` would end it.
        self.finish(PAGE % json.dumps(target).replace("</", "<\\/"))
