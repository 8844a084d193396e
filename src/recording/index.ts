// The registry of recording formats. Adding one is one file and one line here; the paths it takes are in its own table.

import type { RecordingFormat } from '../core/recording.ts';
import { clarity } from './clarity.ts';

export const RECORDING_FORMATS = [clarity] as const satisfies readonly RecordingFormat[];
