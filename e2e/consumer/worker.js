import { attach } from 'tidemark/attach';
import { createTidemark } from 'tidemark/manual';

const { defaultModule } = await createTidemark();
const api = attach({ id: 'worker', module: defaultModule.module });
const { engine } = defaultModule.module.tidemark;
engine.exports.free(engine.exports.malloc(30 << 20));
postMessage(api.shrink('worker').returnedBytes);
