// Which dialogue lies over the page.
import { signal } from '@preact/signals';
import type { Job } from '../model/job';

export const deleting = signal<Job | undefined>(undefined);
export const helping = signal(false);

export const isDialogOpen = () => helping.value || deleting.value !== undefined;
