package saesim

import (
	"fmt"
	"slices"
	"time"
)

// Change order types (SAE API reference ch. 14.2; the spelling is its own).
const (
	typeCreate   = "CoCreateApp"
	typeDeploy   = "CoDeploy"
	typeRollback = "CoDeployHistroy"
	typeRestart  = "CoRestartApplication"
	typeScaleOut = "CoScaleOut"
	typeScaleIn  = "CoScaleIn"

	typeDelete           = "CoDeleteApp"
	typeStart            = "CoStart"
	typeStop             = "CoStop"
	typeRestartInstances = "CoRestartInstances"
	typeVertical         = "CoRescaleApplicationVertically"
	typeReduce           = "CoScaleInAppWithInstances"
	typeBatchStart       = "CoBatchStartApplication"
	typeBatchStop        = "CoBatchStopApplication"
)

// typeLabel is the text of CoType, which the reference calls localised.
func typeLabel(code string) string {
	switch code {
	case typeCreate:
		return "Create application"
	case typeDeploy:
		return "Deploy application"
	case typeRollback:
		return "Roll back to a historical version"
	case typeRestart:
		return "Restart application"
	case typeScaleOut:
		return "Scale out application"
	case typeScaleIn:
		return "Scale in application"
	case typeDelete:
		return "Delete application"
	case typeStart:
		return "Start application"
	case typeStop:
		return "Stop application"
	case typeRestartInstances:
		return "Restart instances"
	case typeVertical:
		return "Change the size of instances"
	case typeReduce:
		return "Scale in by given instances"
	case typeBatchStart:
		return "Batch start applications"
	case typeBatchStop:
		return "Batch stop applications"
	case typeDeleteInstances:
		return "Delete instances"
	case typeBatchRestart:
		return "Batch restart applications"
	case typeBindSLB:
		return "Bind SLB"
	case typeUnbindSLB:
		return "Unbind SLB"
	}
	return code
}

// plainType is the type that a filter names: today's service prints two in a longer
// form.
func plainType(filter string) string {
	switch filter {
	case "CoStartApplication":
		return typeStart
	case "CoStopApplication":
		return typeStop
	}
	return filter
}

// newOrder describes an order that is about to be accepted.
type newOrder struct {
	// Operation is the operation of the API whose faults hit the order; empty for
	// one that no call makes.
	Operation string
	// Source is where the order comes from.
	Source      string
	Type        string
	Description string
	Plan        plan
	// MayNeedApproval is true for the operations whose answer can say so.
	MayNeedApproval bool
}

// accept makes a change order of an application, which must have no unfinished
// one: the caller has checked that with requireIdle.
func (e engine) accept(s *state, app *application, wanted newOrder, at time.Time) *changeOrder {
	order := &changeOrder{
		ID: s.Draw("order"), Sequence: s.Drawn, AppID: app.ID, Type: wanted.Type, Description: wanted.Description,
		Source: wanted.Source, CreatedAt: at, Plan: wanted.Plan,
	}
	for i := range order.Plan.Batches {
		order.Pipelines = append(order.Pipelines, &pipeline{
			ID: s.Draw("pipeline"), Name: fmt.Sprintf("Batch %d Change", i+1), UpdatedAt: at,
		})
	}
	s.Orders[order.ID] = order
	app.OrderIDs = append(app.OrderIDs, order.ID)
	app.ActiveOrder = order.ID
	order.Plan.Faults = s.takeBatchFaults(wanted.Operation, app.ID, len(order.Pipelines))
	order.Plan.Unhealthy = s.takeUnhealthy(wanted.Operation, app.ID, len(order.Pipelines))
	order.Plan.NoRollback = order.Plan.Target != "" && s.takeFault(FaultNoRollback, wanted.Operation, app.ID) != nil
	if late := s.takeFault(FaultLate, wanted.Operation, app.ID); late != nil {
		order.FoundFrom = at.Add(late.Delay)
	}
	if late := s.takeFault(FaultLateInList, wanted.Operation, app.ID); late != nil {
		order.ListedFrom = at.Add(late.Delay)
	}
	if wanted.MayNeedApproval && s.takeFault(FaultApproval, wanted.Operation, app.ID) != nil {
		order.Phase = phaseApproval
		order.ApprovalID = s.Draw("approval")
		return order
	}
	e.prepare(app, order, at)
	return order
}

// requireIdle refuses while the application has an unfinished order: orders of one
// application never overlap (SAE API reference ch. 5).
func (s *state) requireIdle(app *application) *apiError {
	if s.active(app) != nil {
		return refuse(codeOrderRunning)
	}
	return nil
}

// decide answers an order that waits for approval. A rejected order ends as
// aborted; the reference does not say (reading).
func (e engine) decide(s *state, order *changeOrder, approve bool, at time.Time) {
	app := s.Apps[order.AppID]
	if !approve {
		order.Message = "The approval was refused."
		finish(app, order, statusAborted, at)
		return
	}
	order.Approved = true
	e.prepare(app, order, at)
}

// confirm starts the next batch of an order that waits for it, or ends the order.
// The pipeline to name is the one after the current one (SAE API reference ch. 5).
func (e engine) confirm(s *state, pipelineID string, goOn bool, at time.Time) *apiError {
	order, index := s.findPipeline(pipelineID)
	if order == nil {
		return invalidParameter("PipelineId", "there is no such pipeline")
	}
	if order.Phase != phaseConfirm || index != order.Current+1 {
		return refuse(codeCannotStartBatch)
	}
	app := s.Apps[order.AppID]
	if goOn {
		e.startBatch(app, order, index, at)
		return nil
	}
	order.Message = "The next batch was refused."
	finish(app, order, statusAborted, at)
	return nil
}

// abort stops an order where it is. Nothing is rolled back: instances keep what
// they run, and the wave under way comes up (SAE API reference ch. 14.4, reading).
func (e engine) abort(s *state, order *changeOrder, at time.Time) *apiError {
	if refused := stoppable(order); refused != nil {
		return refused
	}
	app := s.Apps[order.AppID]
	if order.Phase == phaseRunning && !order.Work.Resting {
		settleWave(app, order, at)
	}
	order.Message = "The change order was aborted."
	finish(app, order, statusAborted, at)
	return nil
}

// abortAndRollback stops an order and puts the changed instances back. The order
// goes on under its ID and ends as aborted (SAE API reference ch. 14.5, reading).
func (e engine) abortAndRollback(s *state, order *changeOrder, at time.Time) *apiError {
	if refused := stoppable(order); refused != nil {
		return refused
	}
	if order.Plan.NoRollback {
		return refuse(codeInvalidStatus)
	}
	app := s.Apps[order.AppID]
	const message = "The change order was aborted and rolled back."
	if order.Phase == phaseApproval || order.Phase == phasePreparing {
		order.Message = message
		finish(app, order, statusAborted, at)
		return nil
	}
	if !order.supportsRollback() {
		return refuse(codeInvalidStatus)
	}
	order.Message = message
	if p := order.Pipelines[order.Current]; !finished(p.Status) {
		p.Status, p.UpdatedAt = statusAborted, at
	}
	e.startRollback(app, order, statusAborted, at)
	return nil
}

// stoppable refuses to stop an order that is over, or one that is already being
// rolled back: the reference lists Application.ChangerOrderRunning for both abort
// operations without saying when, and this is the reading.
func stoppable(order *changeOrder) *apiError {
	switch order.Phase {
	case phaseFinished:
		return refuse(codeOrderNotRunning)
	case phaseRollback:
		return refuse(codeOrderRunning)
	case phaseApproval, phasePreparing, phaseRunning, phaseConfirm, phaseAutoWait, phaseHanging:
	}
	return nil
}

// found reports whether callers of the API find an order by its ID: its record has
// not expired, and is there already.
func (s *state) found(order *changeOrder) bool {
	return !order.Expired && !s.Now.Before(order.FoundFrom)
}

// listed reports whether lists show an order.
func (s *state) listed(order *changeOrder) bool {
	return s.found(order) && !s.Now.Before(order.ListedFrom)
}

// findPipeline finds the order a pipeline belongs to, and its place in it, as far
// as its callers find the order.
func (s *state) findPipeline(id string) (*changeOrder, int) {
	for _, order := range s.Orders {
		if !s.found(order) {
			continue
		}
		for i, p := range order.Pipelines {
			if p.ID == id {
				return order, i
			}
		}
	}
	return nil, 0
}

// newestFirst lists the orders of an application, the newest first, without those
// that lists do not show.
func (s *state) newestFirst(app *application) []*changeOrder {
	orders := make([]*changeOrder, 0, len(app.OrderIDs))
	for _, id := range slices.Backward(app.OrderIDs) {
		if order := s.Orders[id]; s.listed(order) {
			orders = append(orders, order)
		}
	}
	return orders
}
