package saeclient

// Codes that callers branch on. Spelled as on the wire.
const (
	// CodeChangeOrderRunning: another change order of the application is unfinished.
	CodeChangeOrderRunning = "Application.ChangerOrderRunning"
	// CodeChangeOrderNotRunning: the change order to abort is already finished.
	CodeChangeOrderNotRunning = "Application.ChangerOrder.Not.Running"
	// CodeChangeOrderNotFound: no such change order.
	CodeChangeOrderNotFound = "InvalidChangeOrder.NotFound"
	// CodePipelineCannotStartNextBatch: the batch to confirm cannot start, perhaps because it already has.
	CodePipelineCannotStartNextBatch = "Pipeline.Can.Not.Start.Next.Batch"
	// CodeApplicationNotFound and CodeAppIDNotFound: no such application; which of the two
	// comes depends on the operation.
	CodeApplicationNotFound = "InvalidApplication.NotFound"
	CodeAppIDNotFound       = "InvalidAppId.NotFound"
	// CodeApplicationInvalidStatus: the application's state is abnormal; read it, then try again later.
	CodeApplicationInvalidStatus = "Application.InvalidStatus"
	// CodeApplicationNotDeployed: the application has never been deployed.
	CodeApplicationNotDeployed = "Application.NotDeployYet"
	// CodePackageVersionExists: the package version was used before.
	CodePackageVersionExists = "App.Package.Version.Exists"
	// CodeScalingRuleNotFound: no such scaling rule.
	CodeScalingRuleNotFound = "InvalidScalingRuleName.NotFound"
	// CodeScalingRuleNameExists: the application has a scaling rule of that name.
	CodeScalingRuleNameExists = "InstanceExist.ScalingRuleName"
	// CodeMinReadyInstancesTooLarge: the minimum of ready instances is not below the instance count.
	CodeMinReadyInstancesTooLarge = "MinReadyInstances.Not.Smaller.Replicas"
	// CodeRollbackFailed: a rollback could not be done.
	CodeRollbackFailed = "rollback.error"
	// CodeSystemUpgrading: the platform is being upgraded; wait long between attempts.
	CodeSystemUpgrading = "System.Upgrading"
)
