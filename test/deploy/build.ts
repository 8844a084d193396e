// Carries out deploy/Dockerfile without an engine: each stage is a layer over this machine's files, which stand in for the base,
// with this process' Node. Everything happens in a mount namespace and is gone with it.

import { ROOT } from '../support/packed.ts';
import { copyOf } from './image.ts';
import type { Instruction, Stage } from './image.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const BIN = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface Place {
  /** Of the layer, from outside. */
  readonly root: string;
  readonly rootOf: (stage: string) => string;
  workdir: string;
}

/** A folder's content goes into the target, a file under its name. */
function copy(text: string, { root, rootOf, workdir }: Place): string {
  const { from, sources, target } = copyOf(text);
  const origin = from === null ? ROOT : rootOf(from);
  const into = `${root}${target.startsWith('/') ? '' : workdir}/${target}`;
  const paths = sources.map((source) => `${origin}/${source}${source.endsWith('/') ? '.' : ''}`);
  return `mkdir -p ${into} && cp -a ${paths.join(' ')} ${into}`;
}

function carriedOut({ name, text }: Instruction, place: Place): string | null {
  if (name === 'COPY') return copy(text, place);
  if (name === 'WORKDIR') {
    place.workdir = text;
    return `mkdir -p ${place.root}${text}`;
  }
  if (name !== 'RUN') return null;
  return `env PATH=${BIN} chroot ${place.root} sh -ec ${quoted(`cd ${place.workdir}; ${text}`)} >&2`;
}

/** A shell script; when it is through, the image's files are at `folder/NUMBER/root` of the last stage. */
export function buildScript(stages: readonly Stage[], folder: string): string {
  const rootOf = (stage: string): string =>
    `${folder}/${stages.findIndex(({ name }) => name === stage)}/root`;
  const lines = stages.flatMap((stage, number) => {
    const layer = `${folder}/${number}`;
    const place: Place = { root: `${layer}/root`, rootOf, workdir: '/' };
    return [
      `mkdir -p ${layer}/upper ${layer}/work ${place.root}`,
      `mount -t overlay overlay -o lowerdir=/,upperdir=${layer}/upper,workdir=${layer}/work ${place.root}`,
      `mount -t proc proc ${place.root}/proc`,
      `mount --rbind /dev ${place.root}/dev`,
      `mkdir -p ${place.root}/usr/local/bin && touch ${place.root}/usr/local/bin/node`,
      `mount --bind ${process.execPath} ${place.root}/usr/local/bin/node`,
      ...stage.instructions.flatMap((instruction) => carriedOut(instruction, place) ?? []),
    ];
  });
  return ['set -e', 'mount --make-rprivate /', `mount -t tmpfs tmpfs ${folder}`, ...lines].join('\n');
}

/** Shell lines that make of the last stage's files what compose.yaml would: read-only but for /tmp and the volume. */
export function mountScript(root: string, { volume, routing, secrets }: Mounts): string {
  return [
    `mkdir -p ${root}/etc/sluis ${root}/run/secrets`,
    `cp -a ${root}${volume} ${root}/../volume`,
    `mount --bind ${root} ${root}`,
    `mount --bind ${process.execPath} ${root}/usr/local/bin/node`,
    `mount -t proc proc ${root}/proc`,
    `mount --rbind /dev ${root}/dev`,
    `mount -o remount,bind,ro ${root}`,
    `mount -t tmpfs -o size=16m,mode=1777,noexec,nosuid,nodev tmpfs ${root}/tmp`,
    `mount --bind ${root}/../volume ${root}${volume}`,
    `mount --bind ${routing} ${root}/etc/sluis`,
    `mount --bind ${secrets} ${root}/run/secrets`,
  ].join('\n');
}

export interface Mounts {
  readonly volume: string;
  /** Folders from outside. */
  readonly routing: string;
  readonly secrets: string;
}
