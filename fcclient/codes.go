package fcclient

// Codes that callers branch on. Spelled as on the wire.
const (
	// CodeConcurrentUpdate: somebody else writes the same service, function or trigger. Read again, then decide.
	CodeConcurrentUpdate = "ConcurrentUpdateError"
	// CodePreconditionFailed: the ETag of If-Match is no longer that of the resource. Read again, then decide.
	CodePreconditionFailed = "PreconditionFailed"
	// CodeVersionPublish: nothing has changed since the newest version was published. After a lost
	// answer it means that the version exists: look at the newest one.
	CodeVersionPublish = "VersionPublishError"
	// CodeServiceNotFound, CodeFunctionNotFound, CodeVersionNotFound, CodeAliasNotFound,
	// CodeTriggerNotFound, CodeDomainNameNotFound and CodeAsyncConfigNotExists: no such thing.
	CodeServiceNotFound      = "ServiceNotFound"
	CodeFunctionNotFound     = "FunctionNotFound"
	CodeVersionNotFound      = "VersionNotFound"
	CodeAliasNotFound        = "AliasNotFound"
	CodeTriggerNotFound      = "TriggerNotFound"
	CodeDomainNameNotFound   = "DomainNameNotFound"
	CodeAsyncConfigNotExists = "AsyncConfigNotExists"
	// CodeServiceAlreadyExists, CodeFunctionAlreadyExists, CodeAliasAlreadyExists,
	// CodeTriggerAlreadyExists and CodeDomainNameAlreadyExists: what is to be created exists.
	CodeServiceAlreadyExists    = "ServiceAlreadyExists"
	CodeFunctionAlreadyExists   = "FunctionAlreadyExists"
	CodeAliasAlreadyExists      = "AliasAlreadyExists"
	CodeTriggerAlreadyExists    = "TriggerAlreadyExists"
	CodeDomainNameAlreadyExists = "DomainNameAlreadyExists"
	// CodeProvisionConfigExist: the function still has provisioned instances; it cannot be deleted.
	CodeProvisionConfigExist = "ProvisionConfigExist"
	// CodeInstanceMetricsRequired: a target tracking policy needs LogConfig.EnableInstanceMetrics.
	CodeInstanceMetricsRequired = "InstanceMetricsRequired"
	// CodeResourceExhausted: a ceiling of the account or the function is reached. Repeat rarely.
	CodeResourceExhausted = "ResourceExhausted"
	// CodeResourceThrottled: the platform is short of machines. Repeat later.
	CodeResourceThrottled = "ResourceThrottled"
	// CodeSignatureNotMatch: the keys are wrong, or the clock is more than 15 minutes off.
	CodeSignatureNotMatch = "SignatureNotMatch"
)
