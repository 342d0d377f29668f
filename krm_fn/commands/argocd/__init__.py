"""``krm-fn argocd``: the three commands of Argo CD's config management plugin (``deploy/argocd/plugin.yaml``).

The plugin server starts them in the application's directory inside a private copy of its repository and takes from them
what stands on stdout; stderr is shown where a command fails, and logged always. Source: cmpserver/plugin/plugin.go of
Argo CD, which also accepts an empty answer, and then, with pruning on, has the application's resources deleted. So
nothing here ends with 0 and without an answer, but `discover`, where that is the way to say no.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from krm_fn.commands.argocd.environment import read_environment
from krm_fn.commands.argocd.source import found_by
from krm_fn.commands.output import write_out
from krm_fn.commands.telling import tell

HERE = Path()


@click.group()
def argocd() -> None:
    """Answer Argo CD as a config management plugin.

    Argo CD's plugin server calls these commands, in the directory of an application; docs/argocd.md tells how to set it
    up. They can be tried by hand there, too.

    \b
    Examples:
      cd apps/shop && krm-fn argocd generate
      cd apps/shop && ARGOCD_APP_NAMESPACE=shop krm-fn argocd generate | kubectl diff -f -
    """


@argocd.command()
def discover() -> int:
    """Say whether the current directory is one for krm-fn.

    Prints the path of the functionConfig that makes it one: krm-fn.yaml, in the directory or above it in its
    repository, or a file with a MeshSetup below it. Prints nothing for any other directory, and for a Helm chart.

    \b
    Example:
      krm-fn argocd discover
    """
    found = found_by(HERE, os.environ)
    if found is not None:
        write_out(os.fsencode(f"{found}\n"))
    return 0


@argocd.command()
def generate() -> int:
    """Print the manifests of the current directory, as Argo CD shall apply them.

    A kustomization is built first. Everything that only tools read is left out: Kptfiles, the functionConfig, items for
    review, and generated Dataplanes always, because the control plane makes its own. Settings come from the
    functionConfig, and the application's parameters over it (`krm-fn argocd parameters` lists them). Items without a
    namespace are taken for items of ARGOCD_APP_NAMESPACE.

    Where there is nothing to print, or anything is wrong, the exit code is not 0: an empty answer would make Argo CD
    delete what it applied before.

    \b
    Environment:
      ARGOCD_APP_NAMESPACE            the application's destination namespace
      ARGOCD_APP_PARAMETERS           its parameters, as JSON
      ARGOCD_ENV_KRM_FN_ZONE          a parameter (here `zone`) given in `plugin.env`
      KRM_FN_KUSTOMIZE_BUILD_OPTIONS  options for `kustomize build`, set on the plugin's container

    \b
    Examples:
      krm-fn argocd generate
      ARGOCD_APP_PARAMETERS='[{"name": "zone", "string": "east"}]' krm-fn argocd generate
    """
    from krm_fn.commands.argocd.generating import generated, stream_of

    found = generated(HERE, read_environment(os.environ), os.environ)
    write_out(stream_of(found))
    tell(found)
    return found.outcome.exit_code


@argocd.command()
def parameters() -> int:
    """Print the parameters that an application may set, as JSON, with the values they have without it.

    The names are those of the ConfigMap form of the functionConfig (docs/functionconfig.md).

    \b
    Example:
      krm-fn argocd parameters
    """
    from krm_fn.commands.argocd.announcing import announcements_json

    write_out(announcements_json(HERE, read_environment(os.environ, is_strict=False), os.environ).encode() + b"\n")
    return 0
