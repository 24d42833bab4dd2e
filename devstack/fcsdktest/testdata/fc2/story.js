// The vendor's Node client runs its way through every operation. What it has no method for is called
// through its general request methods, as its users do. The environment says where the simulator is.
'use strict';

const assert = require('node:assert/strict');
const FC = require('@alicloud/fc2');

const { FC_ENDPOINT, FC_ACCOUNT_ID, FC_REGION, FC_KEY_ID, FC_KEY_SECRET, FC_STS_ID, FC_STS_SECRET, FC_STS_TOKEN } = process.env;

const client = new FC(FC_ACCOUNT_ID, {
  accessKeyID: FC_KEY_ID, accessKeySecret: FC_KEY_SECRET, region: FC_REGION, endpoint: FC_ENDPOINT,
});

const zip = text => Buffer.from(text).toString('base64');

// advance moves the simulated time.
async function advance(duration) {
  const answer = await fetch(`${FC_ENDPOINT}/_fcsim/clock/advance`, { method: 'POST', body: JSON.stringify({ duration }) });
  assert.equal(answer.status, 200);
}

// refused expects an error as the client makes it.
async function refused(code, call) {
  await assert.rejects(call, error => {
    assert.equal(error.code, code, error.message);
    assert.equal(error.name, `FC${code}Error`);
    assert.match(error.message, /requestid: [0-9a-f-]{36},/);
    return true;
  });
}

// empty expects an answer without a body.
function empty(answer) {
  assert.equal(answer.data, '');
  assert.equal(answer.headers['content-type'], undefined);
}

async function services() {
  await client.createService('shop', { description: 'a', tracingConfig: { type: 'Jaeger', params: { endpoint: 'x' } } });
  await refused('ServiceAlreadyExists', client.createService('shop'));
  const off = await client.updateService('shop', { tracingConfig: {} });
  assert.ok(!off.data.tracingConfig.type, 'tracing is off');
  await client.updateService('shop', { description: 'b', logConfig: { project: 'p', logstore: 'l', enableInstanceMetrics: true } });
  const read = await client.getService('shop');
  assert.equal(read.data.description, 'b');
  assert.ok(read.headers.etag);
  await refused('PreconditionFailed', client.updateService('shop', { description: 'c' }, { 'If-Match': 'other' }));
  await client.createService('other');
  const page = await client.listServices({ limit: 1 });
  assert.deepEqual(page.data.services.map(s => s.serviceName), ['other']);
  const rest = await client.listServices({ nextToken: page.data.nextToken });
  assert.deepEqual(rest.data.services.map(s => s.serviceName), ['shop']);
  empty(await client.deleteService('other'));
  await refused('ServiceNotFound', client.getService('other'));
}

async function functions() {
  await client.createFunction('shop', {
    functionName: 'web', runtime: 'nodejs12', handler: 'index.handler', memorySize: '256', timeout: 10, code: { zipFile: zip('one') },
    environmentVariables: { GREETING: 'hello' },
  });
  await client.createFunction('shop', { functionName: 'gone', runtime: 'nodejs12', handler: 'i.h', code: { ossBucketName: 'b', ossObjectName: 'k' } });
  const read = await client.getFunction('shop', 'web');
  assert.equal(read.data.memorySize, 256);
  assert.deepEqual(read.data.environmentVariables, { GREETING: 'hello' });
  const listed = await client.listFunctions('shop', { prefix: 'w' });
  assert.deepEqual(listed.data.functions.map(f => f.functionName), ['web']);
  const code = await client.getFunctionCode('shop', 'web');
  assert.equal(code.data.checksum, read.data.codeChecksum);
  const fetched = await fetch(code.data.url);
  assert.equal(await fetched.text(), 'one', 'the package is the one that was sent');
  empty(await client.deleteFunction('shop', 'gone'));
  await refused('FunctionNotFound', client.getFunction('shop', 'gone'));
  await refused('InvalidArgument', client.createFunction('shop', { functionName: 'bad', runtime: 'cobol', handler: 'x', code: { zipFile: zip('x') } }));
}

async function versionsAndAliases() {
  const first = await client.publishVersion('shop', 'one');
  assert.equal(first.data.versionId, '1');
  await refused('VersionPublishError', client.publishVersion('shop', 'again'));
  await client.updateFunction('shop', 'web', { code: { zipFile: zip('two') } });
  const second = await client.publishVersion('shop', 'two');
  assert.equal(second.data.versionId, '2');
  const listed = await client.listVersions('shop');
  assert.deepEqual(listed.data.versions.map(v => [v.versionId, v.description]), [['2', 'two'], ['1', 'one']], 'newest first');

  const made = await client.createAlias('shop', 'live', '1');
  assert.equal(made.data.additionalVersionWeight, null);
  await client.createAlias('shop', 'gone', '1', { description: 'd', additionalVersionWeight: {} });
  const gray = await client.updateAlias('shop', 'live', '1', { additionalVersionWeight: { 2: 0.5 } });
  assert.deepEqual(gray.data.additionalVersionWeight, { 2: 0.5 });
  const seen = new Set();
  for (let i = 0; i < 50; i++) {
    const done = await client.invokeFunction('shop', 'web', 'event', {}, 'live');
    seen.add(done.headers['x-fc-invocation-code-version']);
  }
  assert.deepEqual([...seen].sort(), ['1', '2'], 'the weights divide invocations');
  const read = await client.getAlias('shop', 'live');
  assert.equal(read.data.versionId, '1');
  const promoted = await client.updateAlias('shop', 'live', '2', { additionalVersionWeight: {} });
  assert.deepEqual(promoted.data.additionalVersionWeight, {});
  const aliases = await client.listAliases('shop');
  assert.deepEqual(aliases.data.aliases.map(a => a.aliasName), ['gone', 'live']);
  empty(await client.deleteAlias('shop', 'gone'));
  await refused('AliasNotFound', client.getAlias('shop', 'gone'));
}

async function invocations() {
  const done = await client.invokeFunction('shop', 'web', Buffer.from('bytes'), { 'X-Fc-Log-Type': 'Tail' });
  assert.equal(done.data, 'bytes');
  assert.ok(done.headers['x-fc-log-result']);
  const raw = await client.invokeFunction('shop', 'web', 'text', {}, 'live', { rawBuf: true });
  assert.ok(Buffer.isBuffer(raw.data));
  const accepted = await client.invokeFunction('shop', 'web', 'later', { 'x-fc-invocation-type': 'Async' });
  empty(accepted);
  assert.throws(() => client.invokeFunction('shop', 'web', 5), TypeError);
}

async function provision() {
  const put = await client.putProvisionConfig('shop', 'web', 'live', {
    target: 2, scheduledActions: [{ name: 'a', startTime: '2026-11-02T08:00:00Z', endTime: '2027-11-02T08:00:00Z', target: 3, scheduleExpression: 'cron(0 0 23 * * *)' }],
    targetTrackingPolicies: [{
      name: 'p', startTime: '2026-11-02T08:00:00Z', endTime: '2027-11-02T08:00:00Z', metricType: 'ProvisionedConcurrencyUtilization', metricTarget: 0.6,
      minCapacity: 1, maxCapacity: 5,
    }],
  });
  assert.equal(put.data.resource, `${FC_ACCOUNT_ID}#shop#live#web`);
  assert.equal(put.data.current, 0);
  await advance('1m');
  const read = await client.getProvisionConfig('shop', 'web', 'live');
  assert.equal(read.data.current, 2);
  const instances = await client.listInstances('shop', 'web', 'live');
  assert.ok(instances.data.instances.length >= 2);
  const listed = await client.listProvisionConfigs({ serviceName: 'shop', qualifier: 'live' });
  assert.equal(listed.data.provisionConfigs.length, 1);
  await client.putProvisionConfig('shop', 'web', 'live', { target: 0, scheduledActions: [], targetTrackingPolicies: [] });
  await advance('1m');
  assert.equal((await client.getProvisionConfig('shop', 'web', 'live')).data.current, 0);
}

async function triggers() {
  const made = await client.createTrigger('shop', 'web', {
    triggerName: 'front', triggerType: 'http', qualifier: 'live', triggerConfig: { authType: 'function', methods: ['GET', 'POST'] },
  });
  assert.equal(made.data.triggerName, 'front');
  await client.createTrigger('shop', 'web', {
    triggerName: 'images', triggerType: 'oss', sourceArn: 'acs:oss:cn-hangzhou:1:b', invocationRole: 'acs:ram::1:role/r',
    triggerConfig: { events: ['oss:ObjectCreated:*'], filter: { key: { prefix: 'p', suffix: 's' } } },
  });
  const listed = await client.listTriggers('shop', 'web');
  assert.deepEqual(listed.data.triggers.map(t => t.triggerName), ['front', 'images']);
  const changed = await client.updateTrigger('shop', 'web', 'images', { invocationRole: 'acs:ram::1:role/s' });
  assert.equal(changed.data.invocationRole, 'acs:ram::1:role/s');
  assert.equal((await client.getTrigger('shop', 'web', 'images')).data.invocationRole, 'acs:ram::1:role/s');

  const answer = await client.post('/proxy/shop.live/web/cart/a b', 'event', {}, { x: ['2', '1'], 'with space': 'c d' });
  assert.equal(answer.data, 'event', 'a call of the HTTP trigger, signed with its query');
  await refused('FunctionNotEmpty', client.deleteFunction('shop', 'web'));
  empty(await client.deleteTrigger('shop', 'web', 'images', null, { 'If-Match': changed.headers.etag }));
  empty(await client.deleteTrigger('shop', 'web', 'front'));
  await refused('TriggerNotFound', client.getTrigger('shop', 'web', 'front'));
}

async function domains() {
  const made = await client.createCustomDomain('shop.example.com');
  assert.equal(made.data.protocol, 'HTTP');
  const routes = [{ path: '/', serviceName: 's1', functionName: 'f1' }];
  const changed = await client.updateCustomDomain('shop.example.com', { routeConfig: { routes } });
  assert.deepEqual(changed.data.routeConfig.routes, routes);
  assert.deepEqual((await client.getCustomDomain('shop.example.com')).data.routeConfig.routes, routes);
  assert.equal((await client.listCustomDomains()).data.customDomains.length, 1);
  empty(await client.deleteCustomDomain('shop.example.com'));
  await refused('DomainNameNotFound', client.getCustomDomain('shop.example.com'));
}

async function tags() {
  empty(await client.tagResource('services/shop', { k1: 'v1', k2: 'v2' }));
  assert.deepEqual((await client.listServices({ tags: { k1: 'v1', k2: 'v2' } })).data.services.map(s => s.serviceName), ['shop']);
  assert.deepEqual((await client.listServices({ tags: { k1: 'other' } })).data.services, []);
  empty(await client.untagResource('services/shop', ['k1']));
  assert.deepEqual((await client.getResourceTags({ resourceArn: 'services/shop' })).data.tags, { k2: 'v2' });
  empty(await client.untagResource('services/shop', [], true));
  assert.deepEqual((await client.getResourceTags({ resourceArn: 'services/shop' })).data.tags, {});
}

async function layers() {
  const made = await client.publishLayerVersion('libs', { code: { zipFile: zip('libs') }, compatibleRuntime: ['nodejs14'], description: 'd' });
  assert.equal(made.data.version, 1);
  assert.deepEqual((await client.getLayerVersion('libs', 1)).data, made.data);
  assert.deepEqual((await client.getLayerVersionByArn(made.data.arn)).data, made.data, 'the # of an ARN is signed as %23');
  assert.equal((await client.listLayers()).data.layers.length, 1);
  assert.equal((await client.listLayerVersions('libs')).data.layers.length, 1);
  empty(await client.deleteLayerVersion('libs', 1));
  await refused('LayerNotFound', client.getLayerVersion('libs', 1));
}

async function asynchronous() {
  const put = await client.putFunctionAsyncConfig('shop', 'web', 'live', {
    maxAsyncRetryAttempts: 1, maxAsyncEventAgeInSeconds: 100, statefulInvocation: true,
    destinationConfig: { onSuccess: { destination: `acs:mns:${FC_REGION}:${FC_ACCOUNT_ID}:/queues/q/messages` } },
  });
  assert.equal(put.data.maxAsyncRetryAttempts, 1);
  await client.putFunctionAsyncConfig('shop', 'web', '', { maxAsyncRetryAttempts: 2 });
  assert.equal((await client.getFunctionAsyncConfig('shop', 'web', '')).data.maxAsyncRetryAttempts, 2);
  assert.equal((await client.listFunctionAsyncConfigs('shop', 'web', { limit: 1 })).data.configs.length, 1);

  const accepted = await client.invokeFunction('shop', 'web', 'event', {
    'x-fc-invocation-type': 'Async', 'x-fc-stateful-async-invocation-id': 'job',
  }, 'live');
  assert.equal(accepted.headers['x-fc-stateful-async-invocation-id'], 'job');
  // The client has no methods for these three.
  const path = '/services/shop.live/functions/web/stateful-async-invocations';
  assert.equal((await client.get(`${path}/job`)).data.status, 'Running');
  empty(await client.put(`${path}/job`));
  await advance('1m');
  assert.deepEqual((await client.get(path, { invocationIdPrefix: 'j' })).data.invocations.map(i => i.status), ['Stopped']);

  empty(await client.deleteFunctionAsyncConfig('shop', 'web', ''));
  await refused('AsyncConfigNotExists', client.getFunctionAsyncConfig('shop', 'web', ''));
}

async function credentials() {
  const temporary = new FC(FC_ACCOUNT_ID, {
    accessKeyID: FC_STS_ID, accessKeySecret: FC_STS_SECRET, securityToken: FC_STS_TOKEN, region: FC_REGION, endpoint: FC_ENDPOINT,
  });
  assert.equal((await temporary.getService('shop')).data.serviceName, 'shop');
  const wrong = new FC(FC_ACCOUNT_ID, { accessKeyID: FC_KEY_ID, accessKeySecret: 'wrong', region: FC_REGION, endpoint: FC_ENDPOINT });
  await refused('SignatureNotMatch', wrong.listServices());
  const unknown = new FC(FC_ACCOUNT_ID, { accessKeyID: 'nobody', accessKeySecret: 'wrong', region: FC_REGION, endpoint: FC_ENDPOINT });
  await refused('InvalidAccessKeyID', unknown.listServices());
}

async function cleanUp() {
  await refused('ServiceNotEmpty', client.deleteService('shop'));
  empty(await client.deleteVersion('shop', '2'));
  empty(await client.deleteVersion('shop', '1'));
  await refused('VersionNotFound', client.invokeFunction('shop', 'web', 'x', {}, 'live'));
  empty(await client.deleteAlias('shop', 'live'));
  empty(await client.deleteFunction('shop', 'web'));
  empty(await client.deleteService('shop'));
}

async function story() {
  await services();
  await functions();
  await versionsAndAliases();
  await invocations();
  await provision();
  await triggers();
  await domains();
  await tags();
  await layers();
  await asynchronous();
  await credentials();
  await cleanUp();
}

story().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
