// The registry of recording formats. Adding one is one file and one line here; the paths it takes are in its own table.

import type { RecordingFormat } from '../core/recording.ts';
import { clarity } from './clarity.ts';
import { rrweb } from './rrweb.ts';

export const RECORDING_FORMATS = [clarity, rrweb] as const satisfies readonly RecordingFormat[];
