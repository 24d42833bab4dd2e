package release

// PublishActivity is the activity that publishes lifecycle events.
const PublishActivity = "events.Publish"

// PublishInput hands lifecycle events to the bus, in their order.
type PublishInput struct {
	Events []Event `json:"events"`
}

// DeliveryRequest hands over the lifecycle events that a workflow could not deliver before
// it ended: the first lot of them.
type DeliveryRequest struct {
	Events []Event `json:"events"`
	// Total is the number of all events; those beyond the first lot come by [SignalDeliver].
	Total int `json:"total"`
}

// SignalDeliver brings a delivery its further lots in their order, each a [PublishInput].
const SignalDeliver = "deliver"

// DeliveryResult is what became of a delivery.
type DeliveryResult struct {
	// Told is how many events were delivered.
	Told int `json:"told"`
}
