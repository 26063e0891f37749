"""`python -m bench.pull_request [FOLDER]`: one pull request, audited against its base: the pictures in docs/images.

`main` is the example repository with policies that it does not keep. The branch adds an object that breaks policies and
misspells a field, removes one, and repairs and scales another.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt
from playwright.sync_api import Browser

from gitops_audit.sandbox import demo
from tests.browser import chromium

IMAGES = Path(__file__).parent.parent / "docs" / "images"
CONFIG = """\
version: 1
sources:
  - {name: platform, path: platform}
  - {name: shop, path: apps/shop, namespace: shop}
policies:
  - {pack: pod-security-restricted}
  - {pack: best-practices}
exceptions:
  - policy: require-owner-labels
    match: {name: "*"}
    owner: platform team
    reason: labels come with the new templates
    expires: 2099-12-31
"""
# On main: a job that was written in a hurry.
REPORT = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: report}
spec:
  schedule: "0 6 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: report
              image: registry.example.com/shop/report:latest
"""
# On the branch: what the pull request is about.
MAILER = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: mailer
spec:
  replica: 2
  selector:
    matchLabels: {app: mailer}
  template:
    metadata:
      labels: {app: mailer}
    spec:
      containers:
        - name: mailer
          image: registry.example.com/shop/mailer:latest
          securityContext:
            privileged: true
"""
PROBE = """\
          livenessProbe:
            httpGet: {path: /healthz, port: http}
"""
AUDIT = ("check", "-q", "--offline", "--base", "main", "--markdown", "comment.md", "--html", "audit.html")
AUDIT += ("--github-annotations", "annotations.txt", "--sarif", "audit.sarif")
# As the site shows a comment, near enough: its fonts, its width, its tables and code.
PAGE = """\
<!doctype html><meta charset="utf-8"><title>comment</title><style>
body {{ margin: 24px; color: #1f2328; }}
body {{ font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }}
article {{ max-width: 780px; border: 1px solid #d1d9e0; border-radius: 6px; }}
article > header {{ padding: 8px 16px; background: #f6f8fa; border-bottom: 1px solid #d1d9e0; color: #59636e; }}
article > div {{ padding: 16px; overflow-wrap: anywhere; }}
h2 {{ margin: 0 0 16px; padding-bottom: 6px; font-size: 21px; border-bottom: 1px solid #d1d9e0b3; }}
h3 {{ margin: 24px 0 16px; font-size: 17.5px; }} h4 {{ margin: 24px 0 16px; font-size: 14px; }}
p, ul, table, pre, details {{ margin: 0 0 16px; }} ul {{ padding-left: 28px; }} li + li {{ margin-top: 4px; }}
table {{ border-collapse: collapse; }} th, td {{ padding: 6px 13px; border: 1px solid #d1d9e0; }}
code {{ font: 85% ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; }}
code {{ background: #818b981f; padding: 3px 5px; border-radius: 6px; }}
pre {{ padding: 16px; background: #f6f8fa; border-radius: 6px; overflow: auto; line-height: 1.45; }}
pre code {{ background: none; padding: 0; }}
.del {{ background: #ffebe9; color: #82071e; }}
.ins {{ background: #dafbe1; color: #116329; }}
</style><article><header><b>gitops-audit</b> commented</header><div>{body}</div></article>
"""


def main(folder: Path) -> None:
    """Makes the pictures anew. Needs git and Chromium."""
    if not chromium.found():
        sys.exit(chromium.MISSING)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, chromium.launched() as browser:
        root = Path(work) / "shop"
        audited(root)
        for name in ("comment.md", "annotations.txt"):
            print(f"--- {name}\n{(root / name).read_text(encoding='utf-8')}")
        (root / "comment.html").write_text(
            rendered((root / "comment.md").read_text(encoding="utf-8")), encoding="utf-8"
        )
        picture(browser, root / "comment.html", folder / "pull-request-comment.png", 860, 1180)
        picture(browser, root / "audit.html", folder / "pull-request-html.png", 1360, 900)


def audited(root: Path) -> None:
    """The repository, with the reports of its audit beside the manifests."""
    root.mkdir()
    demo.write_repository(root)
    _commit(root, "Send a report every morning", {"gitops-audit.yaml": CONFIG, "apps/shop/report.yaml": REPORT})
    subprocess.run(["git", "-C", str(root), "switch", "--quiet", "--create", "mailer"], check=True)
    web = (root / "apps/shop/web.yaml").read_text(encoding="utf-8").replace("replicas: 3", "replicas: 4")
    web = web.replace("          securityContext:\n", f"{PROBE}          securityContext:\n", 1)
    files = {"apps/shop/mailer.yaml": MAILER, "apps/shop/web.yaml": web}
    (root / "apps/shop/report.yaml").unlink()
    _commit(root, "Send mails", files)
    subprocess.run([sys.executable, "-m", "gitops_audit", *AUDIT], cwd=root, check=False)


def rendered(comment: str) -> str:
    """The comment as a page; lines of a diff get the colours that the site gives them."""
    body = MarkdownIt("gfm-like", {"linkify": False, "html": True, "highlight": _coloured}).render(comment)
    return PAGE.format(body=body)


def _coloured(code: str, language: str, _: str) -> str:
    marks = {"-": "del", "+": "ins"}
    lines = code.replace("&", "&amp;").replace("<", "&lt;").splitlines()
    spans = (f'<span class="{marks.get(line[:1], "")}">{line}</span>' for line in lines)
    return "\n".join(spans) if language == "diff" else ""


def picture(browser: Browser, page: Path, image: Path, width: int, height: int) -> None:
    opened = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
    opened.goto(page.as_uri())
    opened.screenshot(path=image, animations="disabled")
    opened.close()


def _commit(root: Path, subject: str, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    git = ("git", "-C", str(root), "-c", "user.name=Priya Nair", "-c", "user.email=priya@example.com")
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", subject], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
