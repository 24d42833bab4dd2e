package saetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A Caller carries out operations of the SAE API, each once.
type Caller interface {
	// Call carries out an operation with parameters as text by their names on the wire, and
	// returns the answer as it came, in JSON. What SAE refuses is a *[RefusedError].
	Call(ctx context.Context, operation string, params map[string]string) (json.RawMessage, error)
}

// RefusedError is the error of a call that SAE answered and did not carry out.
type RefusedError struct {
	// Status is the HTTP status.
	Status int
	// Code is the error code, as on the wire.
	Code string
	// Message is the text.
	Message string
	// RequestID identifies the call.
	RequestID string
}

// Error describes the refusal in one line.
func (r *RefusedError) Error() string {
	return fmt.Sprintf("%s (HTTP %d): %s", r.Code, r.Status, r.Message)
}

// Target is something that claims to be SAE, and what the suite may do to it.
type Target struct {
	// Caller carries out the operations; required.
	Caller Caller
	// Elsewhere calls the same service and says that it is in a region that does not exist, if it is not nil.
	Elsewhere Caller
	// Region is the ID of the region; required.
	Region string
	// Write allows the story that makes and changes things. Without it the suite only reads.
	Write bool
	// Strict fails on what the reference does not document: members, values of enumerations,
	// other codes than those that the rule in question has. Without it they are logged, as a
	// service may be newer than its reference.
	Strict bool
	// Pass lets time pass at the target while something is awaited there. Nil waits by the wall
	// clock; a simulator may move its own.
	Pass func(ctx context.Context, d time.Duration) error
	// Patience is how long a change order may take until it ends or needs somebody, in the time
	// of Pass. Zero means a quarter of an hour.
	Patience time.Duration
	// Have says what the suite may use that no operation of SAE makes.
	Have Resources
	// Without names operations that the caller cannot call or whose answers it cannot read,
	// with the reason. They are not called.
	Without map[string]string
}

// Resources are things that exist at the target. What is empty is not used, and operations that
// need it are not called.
type Resources struct {
	// Image and NextImage are images of containers that stay up; required for writing.
	Image, NextImage string
	// VPC, VSwitch and SecurityGroup are the network of applications.
	VPC, VSwitch, SecurityGroup string
	// SLB is a load balancer with free ports 18080 and 18081.
	SLB string
	// Certificate is the ID of a certificate for the load balancer.
	Certificate string
	// LogDir is a directory in the images whose logs may be collected.
	LogDir string
	// Provider and Consumer are IDs of applications that publish and that consume microservices.
	Provider, Consumer string
	// Open allows OpenSaeService.
	Open bool
	// AnySetting allows swimming lanes, and settings of applications, gray routes and scaling rules,
	// that the story cannot know to fit: runtimes of other packages than images, and services and
	// balancers that the account may not have. A simulator takes them.
	AnySetting bool
}

// validate names everything that is missing.
func (target Target) validate() error {
	var problems []error
	if target.Caller == nil {
		problems = append(problems, errors.New("no caller"))
	}
	if target.Region == "" {
		problems = append(problems, errors.New("no region"))
	}
	if target.Write && (target.Have.Image == "" || target.Have.NextImage == "") {
		problems = append(problems, errors.New("writing needs two images"))
	}
	return errors.Join(problems...)
}

// withDefaults fills in what is not set.
func (target Target) withDefaults() Target {
	if target.Pass == nil {
		target.Pass = sleep
	}
	if target.Patience == 0 {
		target.Patience = 15 * time.Minute
	}
	return target
}

// sleep waits by the wall clock.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
