package saeclient

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
)

// Rules that concern more than one value, or that the table of parameters cannot say. Each is
// stated by the SAE API reference.

// Limits of the SAE API reference.
const (
	maxIngressRules = 40 // ch. 9.9
	maxTags         = 20 // ch. 17, per resource
	maxTagResources = 50 // ch. 17, per call
	maxScheduled    = 20 // ch. 11.1, times of a timing rule
)

// rules of packages, sizes, probes and logs (ch. 12.1).
func (in *CreateApplicationInput) rules(r *clientrt.Request) {
	in.packageRules(r)
	if in.CPU != nil && in.Memory != nil {
		sizeRules(r, strconv.Itoa(*in.CPU), strconv.Itoa(*in.Memory))
	}
	in.Liveness.rules(r, "Liveness")
	in.Readiness.rules(r, "Readiness")
	in.StartupProbe.rules(r, "StartupProbe")
	logRules(r, in.SlsConfigs)
}

// packageRules says which package needs what. PhpZip is read as ch. 10.8 has it; a War that
// runs in an EDAS container needs no Tomcat. The reference forbids a JDK and a Tomcat with an
// image; the platform takes and answers them.
func (in *CreateApplicationInput) packageRules(r *clientrt.Request) {
	need := func(param string, v *string) {
		if v == nil || *v == "" {
			r.Fail(param, "is required for PackageType %s", in.PackageType)
		}
	}
	switch in.PackageType {
	case "FatJar", "War", "PhpZip":
		need("PackageVersion", in.PackageVersion)
		need("PackageUrl", in.PackageURL)
	case "PythonZip":
		need("PackageVersion", in.PackageVersion)
		need("PackageUrl", in.PackageURL)
	case "DotnetZip":
		need("Command", in.Command)
		need("CommandArgs", in.CommandArgs)
	case "Image":
		need("ImageUrl", in.ImageURL)
	}
	if in.PackageType == "FatJar" || in.PackageType == "War" {
		need("Jdk", in.Jdk)
	}
	if in.PackageType == "War" && in.EdasContainerVersion == nil {
		need("WebContainer", in.WebContainer)
	}
}

// sizeRules says which CPU goes with which memory (ch. 12.1).
func sizeRules(r *clientrt.Request, cpu, memory string) {
	if !slices.ContainsFunc(InstanceSpecs(), func(s InstanceSpec) bool {
		return strconv.Itoa(s.CPU) == cpu && strconv.Itoa(s.Memory) == memory
	}) {
		r.Fail("Cpu", "and Memory must be one of the sizes of InstanceSpecs")
	}
}

func (in *RescaleApplicationVerticallyInput) rules(r *clientrt.Request) {
	if in.CPU != "" && in.Memory != "" {
		sizeRules(r, in.CPU, in.Memory)
	}
}

// rules of strategies, probes and logs (ch. 12.3).
func (in *DeployApplicationInput) rules(r *clientrt.Request) {
	in.UpdateStrategy.rules(r)
	in.Liveness.rules(r, "Liveness")
	in.Readiness.rules(r, "Readiness")
	in.StartupProbe.rules(r, "StartupProbe")
	logRules(r, in.SlsConfigs)
}

func (in *RollbackApplicationInput) rules(r *clientrt.Request) { in.UpdateStrategy.rules(r) }

// rules of an update strategy (ch. 12.3). The zero value is a single batch.
func (s *UpdateStrategy) rules(r *clientrt.Request) {
	if s == nil || reflect.ValueOf(*s).IsZero() {
		return
	}
	const param = "UpdateStrategy"
	switch {
	case s.Type == "":
		r.Fail(param+".type", "is required")
	case s.Type == StrategyGrayBatch && s.GrayUpdate == nil:
		r.Fail(param+".grayUpdate", "is required for type %s", StrategyGrayBatch)
	}
	if s.BatchUpdate == nil {
		r.Fail(param+".batchUpdate", "is required")
		return
	}
	if w := s.BatchUpdate.BatchWaitTime; w != nil && *w < 0 {
		r.Fail(param+".batchUpdate.batchWaitTime", "must be at least 0")
	}
}

// rules of scaling rules (ch. 11.1).
func (in *CreateApplicationScalingRuleInput) rules(r *clientrt.Request) {
	if in.ScalingRuleType == ScalingRuleTiming && in.ScalingRuleTimer == nil {
		r.Fail("ScalingRuleTimer", "is required for ScalingRuleType %s", ScalingRuleTiming)
	}
	if (in.ScalingRuleType == ScalingRuleOnMetric || in.ScalingRuleType == ScalingRuleMix) && in.ScalingRuleMetric == nil {
		r.Fail("ScalingRuleMetric", "is required for ScalingRuleType %s", in.ScalingRuleType)
	}
	in.ScalingRuleTimer.rules(r)
	in.ScalingRuleMetric.rules(r)
}

func (in *UpdateApplicationScalingRuleInput) rules(r *clientrt.Request) {
	in.ScalingRuleTimer.rules(r)
	in.ScalingRuleMetric.rules(r)
}

func (t *ScalingRuleTimer) rules(r *clientrt.Request) {
	if t == nil {
		return
	}
	const param = "ScalingRuleTimer"
	switch {
	case (t.BeginDate == nil) != (t.EndDate == nil):
		r.Fail(param, "must have both beginDate and endDate or neither")
	case t.BeginDate != nil && *t.BeginDate > *t.EndDate:
		r.Fail(param+".beginDate", "must not be after endDate")
	}
	if !isPeriod(t.Period) {
		r.Fail(param+".period", `must be "* * *", "* * Fri,Mon" or "1,15 * *"`)
	}
	switch {
	case len(t.Schedules) == 0:
		r.Fail(param+".schedules", "is required")
	case len(t.Schedules) > maxScheduled:
		r.Fail(param+".schedules", "must have at most %d times", maxScheduled)
	}
}

// isPeriod reports whether a text says on which days a timing rule applies: all, some of the
// week, some of the month.
func isPeriod(text string) bool {
	const weekday, monthday = `(Sun|Mon|Tue|Wed|Thu|Fri|Sat)`, `([1-9]|[12][0-9]|3[01])`
	return regexp.MustCompile(`^(\* \* \*|\* \* ` + weekday + `(,` + weekday + `)*|` + monthday + `(,` + monthday + `)* \* \*)$`).MatchString(text)
}

func (m *ScalingRuleMetric) rules(r *clientrt.Request) {
	if m == nil {
		return
	}
	const param = "ScalingRuleMetric"
	if m.MinReplicas > m.MaxReplicas {
		r.Fail(param+".minReplicas", "must not be above maxReplicas")
	}
	if len(m.Metrics) == 0 {
		r.Fail(param+".metrics", "is required")
	}
	for i, metric := range m.Metrics {
		fromSLB := slices.Contains([]string{MetricSLBQPS, MetricSLBRT, MetricIntranetSLBQPS, MetricIntranetSLBRT}, metric.MetricType)
		if fromSLB && (metric.SLBProject == "" || metric.SLBLogstore == "" || metric.Vport == "") {
			r.Fail(cloudapi.Element(param+".metrics", i), "needs slbProject, slbLogstore and vport")
		}
	}
}

// rules of gray rules (ch. 19). The English text of the reference wants rules of one framework
// only; the Chinese one says that those of the other are not needed, and the platform takes and
// answers both.
func (in *CreateGreyTagRouteInput) rules(r *clientrt.Request) {
	if len(in.ScRules) == 0 && len(in.DubboRules) == 0 && len(in.AlbRules) == 0 {
		r.Fail("ScRules", "or DubboRules or AlbRules is required")
	}
}

// namespaceRules wants a namespace by either of its names.
func namespaceRules(r *clientrt.Request, id, short *string) {
	if clientrt.ValueOf(id) == "" && clientrt.ValueOf(short) == "" {
		r.Fail("NamespaceId", "or NameSpaceShortId is required")
	}
}

func (in *CreateNamespaceInput) rules(r *clientrt.Request) {
	namespaceRules(r, in.NamespaceID, in.NameSpaceShortID)
}

func (in *DeleteNamespaceInput) rules(r *clientrt.Request) {
	namespaceRules(r, in.NamespaceID, in.NameSpaceShortID)
}

func (in *UpdateNamespaceInput) rules(r *clientrt.Request) {
	namespaceRules(r, in.NamespaceID, in.NameSpaceShortID)
}

func (in *UpdateNamespaceVpcInput) rules(r *clientrt.Request) {
	namespaceRules(r, in.NamespaceID, in.NameSpaceShortID)
}

func (in *DescribeNamespaceInput) rules(r *clientrt.Request) {
	namespaceRules(r, in.NamespaceID, in.NameSpaceShortID)
}

// rules of ingresses (ch. 9.9).
func (in *CreateIngressInput) rules(r *clientrt.Request) {
	ingressRules(r, in.Rules)
	if in.ListenerProtocol != nil && *in.ListenerProtocol == "HTTPS" && clientrt.ValueOf(in.CertID) == "" && clientrt.ValueOf(in.CertIDs) == "" {
		r.Fail("CertId", "or CertIds is required for ListenerProtocol HTTPS")
	}
}

func (in *UpdateIngressInput) rules(r *clientrt.Request) { ingressRules(r, in.Rules) }

func ingressRules(r *clientrt.Request, rules cloudapi.List[IngressRule]) {
	if len(rules) > maxIngressRules {
		r.Fail("Rules", "must have at most %d elements", maxIngressRules)
	}
}

// rules of listeners (ch. 15.1): a certificate with HTTPS and only there, one and the same for all.
func (in *BindSlbInput) rules(r *clientrt.Request) {
	listenerRules(r, "Internet", in.Internet)
	listenerRules(r, "Intranet", in.Intranet)
}

func listenerRules(r *clientrt.Request, param string, listeners cloudapi.List[SLBListener]) {
	certificate := ""
	for i, l := range listeners {
		place := cloudapi.Element(param, i) + ".httpsCertId"
		switch {
		case l.Protocol == "HTTPS" && l.HTTPSCertID == "":
			r.Fail(place, "is required for protocol HTTPS")
		case l.Protocol != "HTTPS" && l.HTTPSCertID != "":
			r.Fail(place, "is allowed for protocol HTTPS only")
		case certificate != "" && l.HTTPSCertID != "" && l.HTTPSCertID != certificate:
			r.Fail(place, "must be the same for all listeners")
		}
		certificate = max(certificate, l.HTTPSCertID)
	}
}

// rules of tags (ch. 17).
func (in *TagResourcesInput) rules(r *clientrt.Request) {
	tagRules(r, in.Tags)
	resourceRules(r, in.ResourceIDs)
	if len(in.Tags) == 0 && len(in.ResourceIDs) == 0 {
		r.Fail("Tags", "or ResourceIds is required")
	}
}

func (in *ListTagResourcesInput) rules(r *clientrt.Request) {
	resourceRules(r, in.ResourceIDs)
	if len(in.Tags) == 0 && len(in.ResourceIDs) == 0 {
		r.Fail("Tags", "or ResourceIds is required")
	}
}

func (in *UntagResourcesInput) rules(r *clientrt.Request) { resourceRules(r, in.ResourceIDs) }

func resourceRules(r *clientrt.Request, ids cloudapi.List[string]) {
	if len(ids) > maxTagResources {
		r.Fail("ResourceIds", "must have at most %d elements", maxTagResources)
	}
}

func tagRules(r *clientrt.Request, tags cloudapi.List[Tag]) {
	if len(tags) > maxTags {
		r.Fail("Tags", "must have at most %d elements", maxTags)
	}
	for i, tag := range tags {
		for _, prefix := range []string{"aliyun", "acs:"} {
			if strings.HasPrefix(tag.Key, prefix) {
				r.Fail(cloudapi.Element("Tags", i)+".key", "must not begin with %s", prefix)
			}
		}
		for _, part := range []string{"http://", "https://"} {
			if strings.Contains(tag.Key, part) || strings.Contains(tag.Value, part) {
				r.Fail(cloudapi.Element("Tags", i), "must not hold %s", part)
			}
		}
	}
}
