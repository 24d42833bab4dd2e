package saesim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	opBatchStart = "BatchStartApplications"
	opBatchStop  = "BatchStopApplications"

	codeNamespaceEmpty   = "Mamespace.Have.No.Applications"
	codeMixedNamespaces  = "Invalid.App.List.Not.Same.Namespace"
	paramApplicationList = "AppIds"
)

// namespaceOrderHandlers are the operations that make and list change orders of a
// namespace.
func namespaceOrderHandlers() map[string]handler {
	return map[string]handler{
		opBatchStart: func(c *call) (any, *apiError) {
			return c.batchOrder(typeBatchStart, func(a *application) bool { return a.Stopped }, c.start)
		},
		opBatchStop: func(c *call) (any, *apiError) {
			return c.batchOrder(typeBatchStop, func(a *application) bool { return !a.Stopped }, c.stop)
		},
		"ListNamespaceChangeOrders": listNamespaceOrders,
	}
}

// namespaceOrder is a change order of a namespace. All it does is done by orders of
// its applications, one each (reading: the reference tells nothing about it).
type namespaceOrder struct {
	ID          string    `json:"id"`
	NamespaceID string    `json:"namespaceId"`
	Type        string    `json:"type"`
	CreatedAt   time.Time `json:"createdAt"`
	Orders      []string  `json:"orders"`
}

// batchOrder starts or stops those applications of a namespace that can be. One that is
// busy, was never deployed or is as wanted already is passed over: the tables have
// no code for it (reading).
func (c *call) batchOrder(kind string, wanted func(*application) bool, begin func(*application) *changeOrder) (any, *apiError) {
	apps, refused := c.batchApps()
	if refused != nil {
		return nil, refused
	}
	order := &namespaceOrder{ID: c.st.Draw("order"), NamespaceID: c.arg(paramNamespace), Type: kind, CreatedAt: c.now}
	for _, app := range apps {
		if app.CurrentVersion != "" && c.st.active(app) == nil && wanted(app) {
			order.Orders = append(order.Orders, begin(app).ID)
		}
	}
	c.st.NamespaceOrders = append(c.st.NamespaceOrders, order)
	return orderData{ChangeOrderID: order.ID}, nil
}

// batchApps are the applications a call names, or, without a list, all of the
// namespace (reading).
func (c *call) batchApps() ([]*application, *apiError) {
	namespace := c.arg(paramNamespace)
	all := c.st.inNamespace(namespace)
	if len(all) == 0 {
		return nil, refuse(codeNamespaceEmpty)
	}
	if c.arg(paramApplicationList) == "" {
		return all, nil
	}
	var apps []*application
	for id := range strings.SplitSeq(c.arg(paramApplicationList), ",") {
		app := c.st.application(strings.TrimSpace(id))
		switch {
		case app == nil:
			return nil, refuse(codeObviously, paramApplicationList)
		case app.NamespaceID != namespace:
			return nil, refuse(codeMixedNamespaces)
		case !slices.Contains(apps, app):
			apps = append(apps, app)
		}
	}
	return apps, nil
}

// namespaceOrder finds a change order of a namespace, or nil.
func (s *state) namespaceOrder(id string) *namespaceOrder {
	for _, order := range s.NamespaceOrders {
		if order.ID == id {
			return order
		}
	}
	return nil
}

// lastNamespaceOrder is the newest change order of a namespace, or nil.
func (s *state) lastNamespaceOrder(namespace string) *namespaceOrder {
	for _, order := range slices.Backward(s.NamespaceOrders) {
		if order.NamespaceID == namespace {
			return order
		}
	}
	return nil
}

// status is the order's status and, once it is finished, when that was. The worst
// end of an application's order is that of all.
func (o *namespaceOrder) status(s *state) (status int, finishedAt time.Time) {
	status, finishedAt = statusSuccess, o.CreatedAt
	severity := []int{statusSuccess, statusAborted, statusFailed, statusSystemFail, statusReady, statusRunning}
	for _, id := range o.Orders {
		part := s.Orders[id]
		code, _ := part.status()
		if slices.Index(severity, code) > slices.Index(severity, status) {
			status = code
		}
		if part.FinishedAt.After(finishedAt) {
			finishedAt = part.FinishedAt
		}
	}
	if !finished(status) {
		return status, time.Time{}
	}
	return status, finishedAt
}

// describe shows a change order of a namespace as DescribeChangeOrder does; its
// pipelines are those of the applications' orders.
func (o *namespaceOrder) describe(s *state) changeOrderData {
	status, _ := o.status(s)
	data := changeOrderData{
		Status: status, CreateTime: dateTime(o.CreatedAt), CoTypeCode: o.Type, ChangeOrderID: o.ID, BatchType: releaseAuto,
		Description: typeLabel(o.Type), CoType: typeLabel(o.Type), Auto: true, Pipelines: []pipelineData{},
	}
	for _, id := range o.Orders {
		part := s.Orders[id]
		_, sub := part.status()
		data.SubStatus = max(data.SubStatus, sub)
		data.ErrorMessage = cmp.Or(data.ErrorMessage, part.Message)
		data.Pipelines = append(data.Pipelines, part.showPipelines()...)
	}
	for _, p := range data.Pipelines {
		if data.CurrentPipelineID == "" || !finished(p.Status) {
			data.CurrentPipelineID = p.PipelineID
		}
	}
	data.BatchCount = len(data.Pipelines)
	return data
}

type namespaceOrderData struct {
	Status        int
	FinishTime    string `json:",omitempty"`
	NamespaceID   string `json:"NamespaceId"`
	CreateTime    string
	UserID        string `json:"UserId"`
	Source        string
	CreateUserID  string `json:"CreateUserId"`
	BatchCount    int
	CoTypeCode    string
	ChangeOrderID string `json:"ChangeOrderId"`
	BatchType     string
	Description   string
	CoType        string
	Pipelines     string
}

type namespaceOrdersData struct {
	CurrentPage     int
	PageSize        int
	TotalSize       int
	ChangeOrderList []namespaceOrderData
}

// listNamespaceOrders serves ListNamespaceChangeOrders (SAE API reference ch. 14.1),
// newest first (reading). BatchType and CoType have other forms here than elsewhere;
// Pipelines, of which the sample tells nothing, are the pipeline IDs.
func listNamespaceOrders(c *call) (any, *apiError) {
	c.applies(paramNamespace, "Key", "CoType", "CoStatus")
	found := []namespaceOrderData{}
	for _, order := range slices.Backward(c.st.NamespaceOrders) {
		status, finishedAt := order.status(c.st)
		whole := order.describe(c.st)
		if order.NamespaceID != c.arg(paramNamespace) || !strings.Contains(whole.Description, c.arg("Key")) ||
			c.arg("CoType") != "" && c.arg("CoType") != order.Type || c.arg("CoStatus") != "" && c.arg("CoStatus") != strconv.Itoa(status) {
			continue
		}
		ids := make([]string, len(whole.Pipelines))
		for i, p := range whole.Pipelines {
			ids[i] = p.PipelineID
		}
		found = append(found, namespaceOrderData{
			Status: status, FinishTime: dateTime(finishedAt), NamespaceID: order.NamespaceID, CreateTime: whole.CreateTime,
			UserID: callerName, CreateUserID: callerName, Source: sourceAPI, BatchCount: whole.BatchCount,
			CoTypeCode: order.Type, ChangeOrderID: order.ID, BatchType: "自动", Description: whole.Description,
			CoType: "msg.docker.app.actions." + order.Type, Pipelines: strings.Join(ids, ","),
		})
	}
	p := c.page(defaultPageSize)
	return namespaceOrdersData{CurrentPage: p.Number, PageSize: p.Size, TotalSize: len(found), ChangeOrderList: cut(found, p)}, nil
}
