package sae

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform/platformtest"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// list and log ask the driver as a gate does, which is no verb: its calls are spoiled as those of one.
func (h *host) list(t tester, changeID string) (found []release.Instance, err error) {
	t.Helper()
	h.Ask(func() {
		found, err = h.driver.Instances(t.Context(), release.InstancesInput{App: h.app, ChangeID: changeID})
	})
	return found, err
}

func (h *host) log(t tester, instanceID string) (text string, err error) {
	t.Helper()
	h.Ask(func() {
		text, err = h.driver.InstanceLog(t.Context(), release.InstanceLogInput{App: h.app, InstanceID: instanceID})
	})
	return text, err
}

func (h *host) instancesOf(t tester, changeID string) []release.Instance {
	t.Helper()
	found, err := h.list(t, changeID)
	require.NoError(t, err)
	return found
}

// images counts the images of instances.
func (h *host) imagesOf(t tester, found []release.Instance) map[string]int {
	t.Helper()
	all, err := h.driver.instances(t.Context(), h.app.ID)
	require.NoError(t, err)
	count := map[string]int{}
	for _, i := range found {
		for _, read := range all {
			if read.InstanceID == i.ID {
				require.Equal(t, read.InstanceContainerIP, i.Address)
				count[read.ImageURL]++
			}
		}
	}
	return count
}

// confirm lets the next batch run to its end.
func (h *host) confirmNext(t tester, id string) {
	t.Helper()
	o, err := h.client.DescribeChangeOrder(t.Context(), &saeclient.DescribeChangeOrderInput{ChangeOrderID: id})
	require.NoError(t, err)
	next := o.Data.Pipelines[currentBatch(o.Data)].PipelineID
	_, err = h.client.ConfirmPipelineBatch(t.Context(), &saeclient.ConfirmPipelineBatchInput{PipelineID: next, Confirm: true})
	require.NoError(t, err)
	h.pass(t, time.Minute)
}

func TestInstances_AreThoseOfTheBatchesThatHaveBegunAndInTheEndAll(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	require.NoError(t, h.sim.SetNetwork(h.app.ID, saesim.Network{Prefix: netip.MustParsePrefix("127.9.0.0/16")}))
	h.pass(t, time.Minute)
	id := h.deploy(t, image2, grayThenTwo, 0)
	require.Empty(t, h.instancesOf(t, id), "no batch has begun")
	h.pass(t, time.Minute)
	gray := h.instancesOf(t, id)
	require.Equal(t, map[string]int{image2: 1}, h.imagesOf(t, gray))
	require.Contains(t, gray[0].Address, "127.9.")
	require.Empty(t, gray[0].Trouble)

	h.confirmNext(t, id)
	require.Equal(t, map[string]int{image2: 2}, h.imagesOf(t, h.instancesOf(t, id)))
	h.confirmNext(t, id)
	require.Equal(t, map[string]int{image2: 4}, h.imagesOf(t, h.instancesOf(t, id)))

	// What is added later belongs to no batch, and runs what the order brought all the same.
	_, err := h.client.RescaleApplication(t.Context(), &saeclient.RescaleApplicationInput{AppID: h.app.ID, Replicas: 6})
	require.NoError(t, err)
	h.pass(t, time.Minute)
	require.Len(t, h.instancesOf(t, id), 6)
	require.NoError(t, h.sim.ExpireOrder(id))
	require.Len(t, h.instancesOf(t, id), 6, "a record that is gone was that of a finished order")
}

// TestInstances_OfTheSameImageAreToldApart: a release of configuration alone brings no other image.
func TestInstances_OfTheSameImageAreToldApart(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.pass(t, time.Minute)
	before, err := h.driver.instances(t.Context(), h.app.ID)
	require.NoError(t, err)
	id := h.deploy(t, image1, grayThenTwo, time.Minute)
	found := h.instancesOf(t, id)
	require.Len(t, found, 1)
	for _, old := range before {
		require.NotEqual(t, old.InstanceID, found[0].ID)
	}
}

// TestInstances_OlderOnesAreLeftOutWhereThePlatformShowsAll: PipelineId is newer than the reference.
func TestInstances_OlderOnesAreLeftOutWhereThePlatformShowsAll(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.pass(t, time.Minute)
	id := h.deploy(t, image1, grayThenTwo, time.Minute)
	h.confirmNext(t, id)
	groups, err := h.client.DescribeApplicationGroups(t.Context(), &saeclient.DescribeApplicationGroupsInput{AppID: h.app.ID})
	require.NoError(t, err)
	all, err := h.client.DescribeApplicationInstances(t.Context(), &saeclient.DescribeApplicationInstancesInput{AppID: h.app.ID, GroupID: groups.Data[0].GroupID})
	require.NoError(t, err)
	var entries []string
	for _, i := range all.Data.Instances {
		entries = append(entries, fmt.Sprintf(`{"InstanceId":%q,"InstanceContainerStatus":"Running","InstanceContainerIp":%q,"CreateTimeStamp":%d}`,
			i.InstanceID, i.InstanceContainerIP, i.CreateTimeStamp.UnixMilli()))
	}
	require.Len(t, entries, 4)
	want := h.instancesOf(t, id)
	require.Len(t, want, 2)
	h.edits["DescribeApplicationInstances"] = func(string) string {
		return fmt.Sprintf(`{"Code":"200","Success":true,"RequestId":"1","Data":{"CurrentPage":1,"PageSize":100,"TotalSize":4,"Instances":[%s]}}`, strings.Join(entries, ","))
	}
	require.ElementsMatch(t, want, h.instancesOf(t, id), "each once")
}

func TestInstances_SayWhatIsWrongWithThem(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.fault(t, saesim.Fault{Kind: saesim.FaultUnhealthy, Message: "no answer from\x1b[31m\nhttp://admin:hush@db.example/"})
	found := h.instancesOf(t, h.deploy(t, image2, grayThenTwo, time.Minute))
	require.Len(t, found, 1)
	require.True(t, strings.HasPrefix(found[0].Trouble, "ReadinessUnhealthy, no answer from [31m http://"), found[0].Trouble)
	require.NotContains(t, found[0].Trouble, "hush")

	for name, c := range map[string]struct {
		shown instance
		want  string
	}{
		"well":         {instance{InstanceContainerStatus: "Running", InstanceHealthStatus: "Healthy"}, ""},
		"not checked":  {instance{InstanceContainerStatus: "Running", InstanceHealthStatus: "WithoutHealthCheckConfig"}, ""},
		"crashing":     {instance{InstanceContainerStatus: "CrashLoopBackOff", InstanceHealthStatus: "Unhealthy", InstanceContainerRestarts: 3}, "CrashLoopBackOff, Unhealthy, restarts: 3"},
		"no image":     {instance{InstanceContainerStatus: "ImagePullBackOff", InstanceHealthStatus: "NotCheckedYet"}, "ImagePullBackOff"},
		"being looked": {instance{InstanceContainerStatus: "Running", DebugStatus: true}, "somebody debugs it"},
	} {
		require.Equal(t, c.want, trouble(c.shown), name)
	}
}

func TestInstances_TheirLogHasItsEndWithoutSecrets(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.fault(t, saesim.Fault{Kind: saesim.FaultUnhealthy, Message: "cannot log in: password=hush"})
	found := h.instancesOf(t, h.deploy(t, image2, grayThenTwo, time.Minute))
	log, err := h.log(t, found[0].ID)
	require.NoError(t, err)
	require.Contains(t, log, "Started container | ")
	require.Contains(t, log, "cannot log in: password=")
	require.NotContains(t, log, "hush")
	require.NotContains(t, log, "\n")

	_, err = h.log(t, "nobody")
	require.Equal(t, release.FaultInvalid, platformtest.FaultOf(err))
}

func TestInstances_AnEmptyLogIsThatOfBefore(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	texts := []string{"", "panic: it was\\n"}
	var previous []string
	h.edits["DescribeInstanceLog"] = func(string) string {
		text := texts[0]
		texts = texts[1:]
		return fmt.Sprintf(`{"Code":"200","Success":true,"RequestId":"1","Data":"%s"}`, text)
	}
	found, err := h.driver.instances(t.Context(), h.app.ID)
	require.NoError(t, err)
	log, err := h.log(t, found[0].InstanceID)
	require.NoError(t, err)
	require.Equal(t, "panic: it was", log)
	for _, q := range h.sent["DescribeInstanceLog"] {
		previous = append(previous, q.Get("Previous"))
	}
	require.Equal(t, []string{"", "true"}, previous)
}

func TestLogEnd(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789\n", 20_000)
	for name, c := range map[string]struct{ log, want string }{
		"nothing":         {"\n \n", ""},
		"a few lines":     {"one\n\ntwo\n", "one | two"},
		"the last ones":   {"1\n2\n3\n4\n5\n6\n7", "3 | 4 | 5 | 6 | 7"},
		"of a large one":  {long + "the end", "0123456789 | 0123456789 | 0123456789 | 0123456789 | the end"},
		"no characters":   {"a\x00b\x1b[2Jc\r\n\u202e日志", "a b [2Jc | 日志"},
		"not Unicode":     {"a\xffb", "a\uFFFDb"},
		"a secret in one": {"url http://x.example/?Signature=hush&a=b\n", "url http://x.example/?Signature=***&a=***"},
	} {
		require.Equal(t, c.want, logEnd(c.log), name)
	}
}

func TestInstances_ErrorsAreThoseOfAVerb(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	id := h.deploy(t, image2, grayThenTwo, time.Minute)
	h.fault(t, saesim.Fault{Kind: saesim.FaultError, Operation: "DescribeApplicationInstances", Count: -1, Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Message: "token=hush"})
	_, err := h.list(t, id)
	require.Equal(t, release.FaultUnavailable, platformtest.FaultOf(err))
	require.NotContains(t, err.Error(), "hush")
	require.NoError(t, h.sim.ClearFaults())
	h.bare["DescribeChangeOrder"] = 1
	_, err = h.list(t, id)
	require.ErrorContains(t, err, "the answer has no data", "which would be that there is no instance")
}
