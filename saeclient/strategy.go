package saeclient

import (
	"fmt"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
	"slipway/internal/loosejson"
)

// Types of an update strategy (SAE API reference ch. 12.3).
const (
	// StrategyGrayBatch first updates some gray instances, then the rest in batches.
	StrategyGrayBatch = "GrayBatchUpdate"
	// StrategyBatch updates all instances in batches.
	StrategyBatch = "BatchUpdate"
)

// Ways in which the next batch starts (SAE API reference ch. 12.3).
const (
	// ReleaseAuto starts the next batch after BatchWaitTime.
	ReleaseAuto = "auto"
	// ReleaseManual starts the next batch when ConfirmPipelineBatch is called.
	ReleaseManual = "manual"
)

// UpdateStrategy says in which steps a release reaches the instances (SAE API reference ch.
// 12.3). It travels as JSON text; the zero value travels as an empty text, which means a single
// batch.
type UpdateStrategy struct {
	// Type is StrategyGrayBatch or StrategyBatch.
	Type string `json:"type"`
	// BatchUpdate describes the batches.
	BatchUpdate *BatchUpdate `json:"batchUpdate,omitempty"`
	// GrayUpdate describes the gray step, required for StrategyGrayBatch.
	GrayUpdate *GrayUpdate `json:"grayUpdate,omitempty"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// BatchUpdate describes the batches of an update strategy.
type BatchUpdate struct {
	// Batch is the number of batches, the gray step not counted.
	Batch int `json:"batch"`
	// ReleaseType is ReleaseAuto or ReleaseManual.
	ReleaseType string `json:"releaseType"`
	// BatchWaitTime is the pause between batches when ReleaseType is ReleaseAuto. The
	// reference's text says seconds, its worked examples and DescribeChangeOrder say minutes;
	// minutes is the reading to use.
	BatchWaitTime *int `json:"batchWaitTime,omitempty"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// GrayUpdate describes the gray step of an update strategy.
type GrayUpdate struct {
	// Gray is the number of instances that are updated first.
	Gray int `json:"gray"`
	// Unknown holds members that have no field here; they travel as well.
	Unknown cloudapi.UnknownFields `json:"Unknown,omitempty"`
}

// MarshalText encodes the strategy as the API wants it: JSON text, or nothing for the zero value.
func (s UpdateStrategy) MarshalText() ([]byte, error) { return clientrt.WireText(s) }

// UnmarshalText reads what MarshalText writes, and what DescribeApplicationConfig answers.
func (s *UpdateStrategy) UnmarshalText(text []byte) error {
	if err := loosejson.UnmarshalObject(text, s); err != nil {
		return fmt.Errorf("SAE: update strategy: %w", err)
	}
	return nil
}

// UnmarshalJSON reads an object, or a text that holds one.
func (s *UpdateStrategy) UnmarshalJSON(text []byte) error { return loosejson.UnmarshalEither(text, s) }
