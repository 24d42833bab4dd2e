package saesim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/simframe"
)

type pipelineData struct {
	Status        int
	StartTime     int64
	UpdateTime    int64
	BatchType     int
	ParallelCount int
	PipelineName  string
	PipelineID    string `json:"PipelineId"`
}

type changeOrderData struct {
	Status          int
	SubStatus       int
	ApprovalID      string `json:"ApprovalId,omitempty"`
	ErrorMessage    string `json:",omitempty"`
	BatchWaitTime   int
	CreateTime      string
	BatchCount      int
	CoTypeCode      string
	SupportRollback bool
	ChangeOrderID   string `json:"ChangeOrderId"`
	AppName         string
	BatchType       string
	Description     string
	CoType          string
	Auto            bool
	// ApplicationUpdateStrategy is known from the official SDK alone. An order in a single
	// batch has none (reading).
	ApplicationUpdateStrategy string `json:",omitempty"`
	CurrentPipelineID         string `json:"CurrentPipelineId"`
	Pipelines                 []pipelineData
	AppID                     string `json:"AppId"`
}

// describeOrder serves DescribeChangeOrder (SAE API reference ch. 14.3).
func describeOrder(c *call) (any, *apiError) {
	if order := c.st.namespaceOrder(c.arg("ChangeOrderId")); order != nil {
		return order.describe(c.st), nil
	}
	order, refused := c.order()
	if refused != nil {
		return nil, refused
	}
	app := c.st.Apps[order.AppID]
	status, sub := order.status()
	data := changeOrderData{
		Status: status, SubStatus: sub, ApprovalID: order.ApprovalID, ErrorMessage: order.Message,
		BatchWaitTime: minutes(order.Plan.Wait), CreateTime: dateTime(order.CreatedAt), BatchCount: len(order.Pipelines),
		CoTypeCode: order.Type, SupportRollback: order.canRollBack(app), ChangeOrderID: order.ID, AppName: app.Name,
		BatchType: order.batchType(), Description: order.Description, CoType: typeLabel(order.Type),
		Auto: !order.Plan.Manual, ApplicationUpdateStrategy: order.Plan.Strategy,
		CurrentPipelineID: order.Pipelines[order.Current].ID, AppID: app.ID, Pipelines: order.showPipelines(),
	}
	return data, nil
}

func (o *changeOrder) showPipelines() []pipelineData {
	list := make([]pipelineData, len(o.Pipelines))
	for i, p := range o.Pipelines {
		list[i] = pipelineData{
			Status: o.pipelineStatus(i), StartTime: millis(p.StartedAt), UpdateTime: millis(p.UpdatedAt),
			ParallelCount: min(o.Plan.Unavailable, len(o.Plan.Batches[i])),
			PipelineName:  p.Name, PipelineID: p.ID,
		}
	}
	return list
}

// minutes rounds up, so that a pause in seconds does not look like none.
func minutes(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }

func (o *changeOrder) batchType() string {
	if o.Plan.Manual {
		return releaseManual
	}
	return releaseAuto
}

// canRollBack reports whether the order could be rolled back, whatever its progress:
// it brings a version, and the one before still exists.
func (o *changeOrder) canRollBack(app *application) bool {
	before := o.Before
	if o.Phase == phaseApproval || o.Phase == phasePreparing {
		before = app.CurrentVersion
	}
	return o.Plan.Target != "" && !o.Plan.NoRollback && app.version(before) != nil
}

// pipelineStatus is a pipeline's status; before the order runs it is the order's.
func (o *changeOrder) pipelineStatus(index int) int {
	if status, _ := o.status(); index == 0 && (status == statusApproval || status == statusApproved) {
		return status
	}
	return o.Pipelines[index].Status
}

type listedOrderData struct {
	Status        int
	FinishTime    string `json:",omitempty"`
	CreateTime    string
	UserID        string `json:"UserId"`
	Source        string
	BatchCount    int
	CreateUserID  string `json:"CreateUserId"`
	CoTypeCode    string
	ChangeOrderID string `json:"ChangeOrderId"`
	BatchType     string
	GroupID       string `json:"GroupId"`
	Description   string
	CoType        string
	AppID         string `json:"AppId"`
}

type listedOrdersData struct {
	CurrentPage     int
	TotalSize       int
	ChangeOrderList []listedOrderData
	PageSize        int
}

// callerName is the account name that lists of orders show.
const callerName = "saesim"

// listOrders serves ListChangeOrders (SAE API reference ch. 14.2), newest first
// (reading), or with Reverse oldest first.
func listOrders(c *call) (any, *apiError) {
	app, refused := c.workload()
	if refused != nil {
		return nil, refused
	}
	c.applies("Key", "CoType", "CoStatus")
	var found []*changeOrder
	for _, order := range c.st.newestFirst(app) {
		status, _ := order.status()
		wanted := c.arg("CoStatus")
		if strings.Contains(order.Description, c.arg("Key")) &&
			(c.arg("CoType") == "" || plainType(c.arg("CoType")) == order.Type) && (wanted == "" || wanted == strconv.Itoa(status)) {
			found = append(found, order)
		}
	}
	if c.boolean("Reverse", false) {
		slices.Reverse(found)
	}
	p := c.page(defaultPageSize)
	data := listedOrdersData{CurrentPage: p.Number, TotalSize: len(found), PageSize: p.Size, ChangeOrderList: []listedOrderData{}}
	for _, order := range cut(found, p) {
		status, _ := order.status()
		data.ChangeOrderList = append(data.ChangeOrderList, listedOrderData{
			Status: status, FinishTime: dateTime(order.FinishedAt), CreateTime: dateTime(order.CreatedAt),
			UserID: callerName, CreateUserID: callerName, Source: cmp.Or(order.Source, sourceAPI), BatchCount: len(order.Pipelines),
			CoTypeCode: order.Type, ChangeOrderID: order.ID, BatchType: order.batchType(), GroupID: app.GroupID,
			Description: order.Description, CoType: typeLabel(order.Type), AppID: app.ID,
		})
	}
	return data, nil
}

type taskData struct {
	Status           int
	StageID          string `json:"StageId"`
	ErrorMessage     string `json:",omitempty"`
	ErrorCode        string `json:",omitempty"`
	TaskName         string
	ErrorIgnore      int
	Message          string
	ShowManualIgnore bool
	TaskID           string `json:"TaskId"`
}

type stageData struct {
	Status       int
	StageID      string `json:"StageId"`
	ExecutorType int
	TaskList     []taskData
	StageName    string
}

type describedPipelineData struct {
	ShowBatch      bool
	PipelineStatus int
	CurrentStageID string `json:"CurrentStageId"`
	PipelineName   string
	StageList      []stageData
	NextPipelineID string `json:"NextPipelineId,omitempty"`
	PipelineID     string `json:"PipelineId"`
	CoStatus       string
}

// describePipeline serves DescribePipeline (SAE API reference ch. 14.6).
func describePipeline(c *call) (any, *apiError) {
	order, index := c.st.findPipeline(c.arg("PipelineId"))
	if order == nil {
		return nil, invalidParameter("PipelineId", "there is no such pipeline")
	}
	p := order.Pipelines[index]
	status, _ := order.status()
	stage := order.stage(index)
	data := describedPipelineData{
		ShowBatch:      order.Phase == phaseConfirm && index == order.Current,
		PipelineStatus: plainStatus(p.Status), CurrentStageID: stage.StageID, PipelineName: p.Name,
		StageList: []stageData{stage}, PipelineID: p.ID, CoStatus: statusWord(status),
	}
	if index+1 < len(order.Pipelines) {
		data.NextPipelineID = order.Pipelines[index+1].ID
	}
	return data, nil
}

// plainStatus reduces a pipeline status to those that DescribePipeline knows: one
// that waits has not started.
func plainStatus(status int) int {
	switch status {
	case statusWaitConfirm, statusWaitAuto, statusApproval, statusApproved:
		return statusReady
	}
	return status
}

// stage is the one stage of a pipeline with its two tasks: getting ready and
// updating the instances.
func (o *changeOrder) stage(index int) stageData {
	p := o.Pipelines[index]
	status := plainStatus(p.Status)
	if status == statusSystemFail {
		status = statusFailed
	}
	id := simframe.UUID(0, "stage/"+p.ID)
	setUp := taskData{Status: status, StageID: id, TaskID: simframe.UUID(0, "task/1/"+p.ID), TaskName: "Initialize environment"}
	update := taskData{Status: status, StageID: id, TaskID: simframe.UUID(0, "task/2/"+p.ID), TaskName: "Update instances"}
	update.Message = fmt.Sprintf("%d instances in this batch", len(o.Plan.Batches[index]))
	if status == statusRunning || status == statusFailed {
		setUp.Status = statusSuccess
	}
	if status == statusFailed {
		update.ErrorCode, update.ErrorMessage = "EDAS-10022", o.Message
	}
	return stageData{Status: status, StageID: id, StageName: typeLabel(o.Type), TaskList: []taskData{setUp, update}}
}

type confirmData struct {
	PipelineID string `json:"PipelineId"`
}

// confirmBatch serves ConfirmPipelineBatch (SAE API reference ch. 14.7).
func confirmBatch(c *call) (any, *apiError) {
	id := c.arg("PipelineId")
	if refused := c.confirm(c.st, id, c.boolean("Confirm", false), c.now); refused != nil {
		return nil, refused
	}
	return confirmData{PipelineID: id}, nil
}

// abortOrder serves AbortChangeOrder (SAE API reference ch. 14.4). With Rollback it
// puts the changed instances back, as AbortAndRollbackChangeOrder does.
func abortOrder(c *call) (any, *apiError) {
	order, refused := c.order()
	if refused != nil {
		return nil, refused
	}
	stop := c.abort
	if c.boolean("Rollback", false) {
		stop = c.abortAndRollback
	}
	if refused := stop(c.st, order, c.now); refused != nil {
		return nil, refused
	}
	return orderData{ChangeOrderID: order.ID}, nil
}

// abortAndRollbackOrder serves AbortAndRollbackChangeOrder (SAE API reference
// ch. 14.5), whose success sample carries an ErrorCode.
func abortAndRollbackOrder(c *call) (any, *apiError) {
	order, refused := c.order()
	if refused != nil {
		return nil, refused
	}
	if refused := c.abortAndRollback(c.st, order, c.now); refused != nil {
		return nil, refused
	}
	return reply{data: orderData{ChangeOrderID: order.ID}, errorCode: "success"}, nil
}
