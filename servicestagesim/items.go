package servicestagesim

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// Codes of refusals of the configuration center. Their statuses and texts are in the client's catalogue.
const (
	codeItemTooLong      = "SVCSTG.00400649"
	codeItemFileInvalid  = "SVCSTG.00400650"
	codeItemFileEmpty    = "SVCSTG.00400651"
	codeItemNull         = "SVCSTG.00400652"
	codeItemLabelInvalid = "SVCSTG.00400653"
	codeItemNotFound     = "SVCSTG.00400106"
	codeItemExists       = "SVCSTG.00400107"
)

// itemHandlers are the operations of the configuration center.
func itemHandlers() map[string]handler {
	return map[string]handler{
		"CreateKv":       createItem,
		"UpdateKv":       updateItem,
		"GetKv":          getItem,
		"ListKvs":        listItems,
		"DeleteKv":       deleteItem,
		"BatchDeleteKvs": batchDeleteItems,
	}
}

// Limits of configuration items, in bytes.
const (
	maxItemKey   = 2048
	maxItemValue = 128 << 10
)

// itemState is the configuration center. All engines share one: on the real platform each has an address of its own,
// and here there is one address.
type itemState struct {
	// Revision counts the changes.
	Revision int `json:"revision"`
	// Items are the configuration items by ID.
	Items map[string]*item `json:"items"`
}

func (s *itemState) fillMaps() { simframe.FillMap(&s.Items) }

func (s *itemState) consistent() error {
	for id, i := range s.Items {
		if i == nil || i.ID != id || i.UpdateRevision > s.Revision {
			return fmt.Errorf("configuration item %s is null, filed under another ID or newer than the revision", id)
		}
	}
	return nil
}

// item is a configuration item: a value by its key and labels.
type item struct {
	ID        string            `json:"id"`
	Key       string            `json:"key"`
	Value     string            `json:"value"`
	ValueType string            `json:"value_type"`
	Status    string            `json:"status"`
	Labels    map[string]string `json:"labels"`
	// CreateTime and UpdateTime are in seconds of the epoch.
	CreateTime     int64 `json:"create_time"`
	UpdateTime     int64 `json:"update_time"`
	CreateRevision int   `json:"create_revision"`
	UpdateRevision int   `json:"update_revision"`
}

// itemInput is a configuration item as it is sent.
type itemInput struct {
	Key       *string           `json:"key"`
	Value     *string           `json:"value"`
	Labels    map[string]string `json:"labels"`
	Status    string            `json:"status"`
	ValueType string            `json:"value_type"`
}

// valueTypes are the types of values, the default first.
func valueTypes() []string { return []string{"text", "yaml", "json", "properties", "ini", "xml"} }

// enabled is the status of an item that counts.
const enabled = "enabled"

// check tells what is wrong with an item. Whether the value is of its type is not looked at.
func (in itemInput) check(k *checker) {
	k.check(in.Key != nil && *in.Key != "", "key must be given")
	k.check(in.Status == "" || in.Status == enabled || in.Status == "disabled", "status must be enabled or disabled, is %q", simframe.Shorten(in.Status))
	k.check(in.ValueType == "" || slices.Contains(valueTypes(), in.ValueType), "value_type must be one of %s, is %q",
		strings.Join(valueTypes(), ", "), simframe.Shorten(in.ValueType))
	for label := range in.Labels {
		k.check(label != "", "labels must have names")
	}
}

// tooLong refuses a key or value that is too long.
func (in itemInput) tooLong() *apiError {
	if in.Key != nil && len(*in.Key) > maxItemKey {
		return refusef(codeItemTooLong, "key has %d bytes, %d at most", len(*in.Key), maxItemKey)
	}
	if in.Value != nil && len(*in.Value) > maxItemValue {
		return refusef(codeItemTooLong, "value has %d bytes, %d at most", len(*in.Value), maxItemValue)
	}
	return nil
}

// same finds the item with a key and exactly some labels, nil when there is none.
func (s *itemState) same(key string, labels map[string]string) *item {
	for _, i := range s.Items {
		if i.Key == key && maps.Equal(i.Labels, labels) {
			return i
		}
	}
	return nil
}

// create makes an item that is not there yet.
func (s *itemState) create(id string, in itemInput, now time.Time) *item {
	s.Revision++
	i := &item{
		ID: id, Key: *in.Key, ValueType: valueTypes()[0], Status: enabled, Labels: in.Labels,
		CreateTime: now.Unix(), CreateRevision: s.Revision,
	}
	if i.Labels == nil {
		i.Labels = map[string]string{}
	}
	s.Items[id] = i
	i.take(in, s.Revision, now)
	return i
}

// update changes an item.
func (s *itemState) update(i *item, in itemInput, now time.Time) {
	s.Revision++
	i.take(in, s.Revision, now)
}

// take takes over what is given.
func (i *item) take(in itemInput, revision int, now time.Time) {
	if in.Value != nil {
		i.Value = *in.Value
	}
	if in.Status != "" {
		i.Status = in.Status
	}
	if in.ValueType != "" {
		i.ValueType = in.ValueType
	}
	i.UpdateTime, i.UpdateRevision = now.Unix(), revision
}

// sorted are the items in the order in which they were made.
func (s *itemState) sorted() []*item {
	all := simframe.SortedValues(s.Items)
	slices.SortStableFunc(all, func(a, b *item) int { return a.CreateRevision - b.CreateRevision })
	return all
}

// createItem serves createKv.
func createItem(c *call) (reply, *apiError) {
	var in itemInput
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	in.check(k)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if refused := in.tooLong(); refused != nil {
		return reply{}, refused
	}
	if c.st.Items.same(*in.Key, in.Labels) != nil {
		return reply{}, refusef(codeItemExists, "key %q with these labels", simframe.Shorten(*in.Key))
	}
	return reply{body: c.st.Items.create(c.st.Draw("kv"), in, c.now)}, nil
}

// item finds the item that the path names.
func (c *call) item() (*item, *apiError) {
	id := c.params["kv_id"]
	if i := c.st.Items.Items[id]; i != nil {
		return i, nil
	}
	return nil, refusef(codeItemNotFound, "there is no configuration item %q", simframe.Shorten(id))
}

// updateItem serves updateKv.
func updateItem(c *call) (reply, *apiError) {
	i, refused := c.item()
	if refused != nil {
		return reply{}, refused
	}
	var given struct {
		Value  *string `json:"value"`
		Status string  `json:"status"`
	}
	if refused := c.decode(&given, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	in := itemInput{Key: &i.Key, Value: given.Value, Status: given.Status}
	k := c.checker()
	k.check(in.Value != nil, "value must be given")
	in.check(k)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if refused := in.tooLong(); refused != nil {
		return reply{}, refused
	}
	c.st.Items.update(i, in, c.now)
	return reply{body: i}, nil
}

// getItem serves getKv.
func getItem(c *call) (reply, *apiError) {
	i, refused := c.item()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: i}, nil
}

// labelFilter is what the parameters label and match ask for.
type labelFilter struct {
	labels map[string]string
	exact  bool
}

// labelFilter reads the parameters label, which may come several times, and match.
func (c *call) labelFilter() (labelFilter, *apiError) {
	filter := labelFilter{labels: map[string]string{}}
	for _, label := range c.query["label"] {
		if label == "" {
			continue
		}
		name, value, ok := strings.Cut(label, ":")
		if !ok || name == "" {
			return filter, refusef(codeItemLabelInvalid, "label must be key:value, is %q", simframe.Shorten(label))
		}
		filter.labels[name] = value
	}
	switch match := c.query.Get("match"); match {
	case "":
	case "exact":
		filter.exact = true
	default:
		return filter, refusef(codeItemLabelInvalid, "match must be exact or absent, is %q", simframe.Shorten(match))
	}
	return filter, nil
}

// matches reports whether labels are those asked for: exactly, or among others.
func (f labelFilter) matches(labels map[string]string) bool {
	if f.exact {
		return maps.Equal(f.labels, labels)
	}
	for name, value := range f.labels {
		if given, found := labels[name]; !found || given != value {
			return false
		}
	}
	return true
}

// listItems serves listKvs. The header X-Kie-Revision has the revision of the answer.
func listItems(c *call) (reply, *apiError) {
	filter, refused := c.labelFilter()
	if refused != nil {
		return reply{}, refused
	}
	revision := strconv.Itoa(c.st.Items.Revision)
	header := http.Header{"X-Kie-Revision": {revision}}
	if given := c.query.Get("revision"); given != "" {
		_, err := strconv.ParseUint(given, 10, 63)
		k := c.checker()
		k.check(err == nil, "revision must be a number from 0 on, is %q", simframe.Shorten(given))
		if refused := k.refusal(); refused != nil {
			return reply{}, refused
		}
		if given == revision && given != "0" {
			return reply{status: http.StatusNotModified, header: header}, nil
		}
	}
	data := []*item{}
	for _, i := range c.st.Items.sorted() {
		if filter.matches(i.Labels) {
			data = append(data, i)
		}
	}
	return reply{header: header, body: struct {
		Total int     `json:"total"`
		Data  []*item `json:"data"`
	}{len(data), data}}, nil
}

// deleteItem serves deleteKv.
func deleteItem(c *call) (reply, *apiError) {
	i, refused := c.item()
	if refused != nil {
		return reply{}, refused
	}
	delete(c.st.Items.Items, i.ID)
	c.st.Items.Revision++
	return reply{status: http.StatusOK}, nil
}

// batchDeleteItems serves batchDeleteKvs: all of them, or none when one is not there.
func batchDeleteItems(c *call) (reply, *apiError) {
	var in struct {
		IDs []string `json:"ids"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(len(in.IDs) > 0, "ids must name configuration items")
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	for _, id := range in.IDs {
		if c.st.Items.Items[id] == nil {
			return reply{}, refusef(codeItemNotFound, "there is no configuration item %q", simframe.Shorten(id))
		}
	}
	for _, id := range in.IDs {
		delete(c.st.Items.Items, id)
	}
	c.st.Items.Revision++
	return reply{status: http.StatusNoContent}, nil
}
