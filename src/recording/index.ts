// The registry of recording formats. One line here adds one; routes, metric labels and `explain` follow.

import type { RecordingFormat } from '../core/recording.ts';

export const RECORDING_FORMATS: readonly RecordingFormat[] = [];
