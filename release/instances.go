package release

// InstancesInput asks a platform for the instances that run what a change brings: while it has
// batches left, those of the batches that have begun; once it has succeeded, all of the
// application. Instances that are being stopped are not among them.
type InstancesInput struct {
	App      App    `json:"app"`
	ChangeID string `json:"changeId"`
}

// Instance is one instance of an application.
type Instance struct {
	// ID is the platform's own ID.
	ID string `json:"id"`
	// Address is its IP address in the network of the application; empty while it has none.
	Address string `json:"address,omitempty"`
	// Trouble is what the platform says is wrong with it, in one line without secrets; empty where
	// it says nothing.
	Trouble string `json:"trouble,omitempty"`
}

// InstanceLogInput asks a platform for what an instance has logged last.
type InstanceLogInput struct {
	App        App    `json:"app"`
	InstanceID string `json:"instanceId"`
}
