package saesim

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/simframe"
)

// Codes of the operations on resources. Spelling is the documents' own.
const (
	codeNamespaceExists   = "InstanceExist.NamespaceId"
	codeNamespaceFormat   = "InvalidNamespaceId.Format"
	codeNamespaceSuffix   = "InvalidNamespaceIdSuffix.Format"
	codeNamespaceName     = "InvalidNamespaceName.Format"
	codeNamespaceInUse    = "Namespace.AppExists"
	codeNamespaceIngress  = "DeleteFail.NamespaceHasIngress"
	codeNamespaceQuota    = "Exceed.Namespace"
	codeVPCNotFound       = "InvalidVpcId.NotFound"
	codeConfigMapQuota    = "Exceed.ConfigMap"
	codeConfigMapSize     = "TooMany.Configmap"
	codeConfigMapNotFound = "NotFound.ConfigMap"
	codeConfigMapKey      = "NotFound.ConfigMapKey"
	codeConfigMapMounted  = "DeleteFail.ConfigMapReferenced"
	codeMountConflict     = "MountConflict.ConfigMap"
	codeSLBNotFound       = "Slb.NotFound"
	codeListenerTaken     = "SlbListenerPort.NotAvailable"
	codeCertNotFound      = "SSLCert.NotFound"
	codeSLBSpec           = "SlbSpec.NotSupport"
	codeSLBType           = "SlbType.Invalid"
	codeSLBTaken          = "Slb.Tag.Not.Qualified"
	codeListenerType      = "SlbListenerType.Invalid"
	codeHTTPSNoCert       = "SlbHttpsCert.NotFound"
	codeHTTPSCerts        = "SlbHttpsCert.NotConsistent"
	codeNoInstance        = "Application.NoInstanceAvailable"
	codeServiceNotFound   = "Micro.Service.NotFound"
	codeMetadataNotFound  = "Micro.Service.MetaData.NotFound"
	codeIngressRules      = "Exceed.IngressRule"
	codeTagKey            = "InvalidParameter.TagKey"
	codeTagValue          = "InvalidParameter.TagValue"
	codeTagKeyMissing     = "Missing.TagKey"
	codeTagKeyTwice       = "Duplicate.TagKey"
	codeTooManyTags       = "NumberExceed.Tags"
	codeTooManyResources  = "NumberExceed.ResourceIds"
	codeResourceType      = "InvalidResourceType.NotFound"
	codeAlreadyOpen       = "ORDER.OPEND"
)

// resources are what an account has besides applications and their orders.
type resources struct {
	Namespaces    map[string]*namespace `json:"namespaces"`
	Ingresses     map[int64]*ingress    `json:"ingresses"`
	NextIngress   int64                 `json:"nextIngress"`
	ConfigMaps    map[int64]*configMap  `json:"configMaps"`
	NextConfigMap int64                 `json:"nextConfigMap"`
	Secrets       map[int64]*secret     `json:"secrets,omitempty"`
	NextSecret    int64                 `json:"nextSecret,omitempty"`
	LaneGroups    map[int64]*laneGroup  `json:"laneGroups,omitempty"`
	NextLaneGroup int64                 `json:"nextLaneGroup,omitempty"`
	NextLane      int64                 `json:"nextLane,omitempty"`
	// Opened tells that the service was activated by a call.
	Opened bool `json:"opened,omitempty"`
}

// appResources are what an application has besides its versions and instances.
type appResources struct {
	Tags map[string]string `json:"tags,omitempty"`
	// SLB holds what is bound, by network.
	SLB      map[string]*slbBinding `json:"slb,omitempty"`
	Services []Service              `json:"services,omitempty"`
}

// resourceHandlers are the operations on resources around applications.
func resourceHandlers() map[string]handler {
	return map[string]handler{
		opCreateNamespace:            createNamespace,
		"DeleteNamespace":            deleteNamespace,
		"UpdateNamespace":            updateNamespace,
		"UpdateNamespaceVpc":         updateNamespaceVPC,
		"DescribeNamespace":          describeNamespace,
		"DescribeNamespaces":         describeNamespaces,
		"DescribeNamespaceList":      describeNamespaceList,
		"DescribeNamespaceResources": describeNamespaceResources,

		"CreateConfigMap":          createConfigMap,
		"DeleteConfigMap":          deleteConfigMap,
		"UpdateConfigMap":          updateConfigMap,
		"DescribeConfigMap":        describeConfigMap,
		"ListNamespacedConfigMaps": listConfigMaps,

		"CreateIngress":   createIngress,
		"DeleteIngress":   deleteIngress,
		"UpdateIngress":   updateIngress,
		"DescribeIngress": describeIngress,
		"ListIngresses":   listIngresses,

		opBindSLB:                 bindSLB,
		"UnbindSlb":               unbindSLB,
		"DescribeApplicationSlbs": describeSLBs,

		"ListConsumedServices":     listConsumed,
		"ListPublishedServices":    listPublished,
		"ListAppServicesPage":      listServicesPage,
		"DescribeAppServiceDetail": describeService,

		"TagResources":     tagResources,
		"UntagResources":   untagResources,
		"ListTagResources": listTagResources,

		opOpen:    openService,
		opRegions: describeRegions,
	}
}

// fillMaps makes the maps that are missing.
func (r *resources) fillMaps() {
	simframe.FillMap(&r.Namespaces)
	simframe.FillMap(&r.Ingresses)
	simframe.FillMap(&r.ConfigMaps)
	simframe.FillMap(&r.Secrets)
	simframe.FillMap(&r.LaneGroups)
}

// forgetResources removes what other resources know of a deleted application: its
// rules in ingresses, and the ingresses whose default it was (reading); the same of lanes.
func (s *state) forgetResources(app *application) {
	s.forgetInLanes(app)
	for id, i := range s.Ingresses {
		if i.DefaultRule.AppID == app.ID {
			delete(s.Ingresses, id)
			continue
		}
		i.Rules = slices.DeleteFunc(i.Rules, func(rule ingressRule) bool { return rule.AppID == app.ID })
	}
}

// checkResources checks that handlers can rely on what was read from a file. A file
// of an earlier version has applications in namespaces that it does not list.
func (s *state) checkResources() error {
	if err := s.wellFormed(); err != nil {
		return err
	}
	for _, app := range s.Apps {
		_, suffix, custom := strings.Cut(app.NamespaceID, ":")
		if custom && !app.Deleted && s.Namespaces[app.NamespaceID] == nil {
			s.Namespaces[app.NamespaceID] = &namespace{ID: app.NamespaceID, Name: suffix, CreatedAt: app.CreatedAt}
		}
	}
	return nil
}

func (r *resources) wellFormed() error {
	for id, ns := range r.Namespaces {
		if ns == nil || ns.ID != id {
			return fmt.Errorf("namespace %s is null or filed under another ID", id)
		}
	}
	for id, i := range r.Ingresses {
		if i == nil || i.ID != id || id > r.NextIngress {
			return fmt.Errorf("ingress %d is null, filed under another ID or beyond the last one", id)
		}
	}
	for id, m := range r.ConfigMaps {
		if m == nil || m.ID != id || id > r.NextConfigMap {
			return fmt.Errorf("config map %d is null, filed under another ID or beyond the last one", id)
		}
	}
	for id, s := range r.Secrets {
		if s == nil || s.ID != id || id > r.NextSecret {
			return fmt.Errorf("secret %d is null, filed under another ID or beyond the last one", id)
		}
	}
	if min(r.NextIngress, r.NextConfigMap, r.NextSecret, r.NextLaneGroup, r.NextLane) < 0 {
		return errors.New("a number of an ingress, config map, secret or lane is negative")
	}
	return r.wellFormedLanes()
}

// missingCode chooses between two codes for something that does not exist: the
// first, unless the operation's table lists only the second.
func (c *call) missingCode(own, listed, parameter string) *apiError {
	if !slices.Contains(c.op.Errors, own) && slices.Contains(c.op.Errors, listed) {
		return refuse(listed, parameter)
	}
	return refuse(own)
}

// certificateExists reports whether the account has an SSL certificate: one whose ID
// has the form of those in the samples, of the reference or of today's service. There is
// no certificate service here (reading).
func certificateExists(id string) bool {
	return regexp.MustCompile(`^([0-9*]+_[0-9a-z*]+_-?[0-9*]+_-?[0-9*]+|[0-9]+-[a-z]+-[a-z0-9-]+)$`).MatchString(id)
}

// balancerExists reports whether the account has bought a load balancer of a kind, clb
// or alb: all whose ID has the form of those in the samples. There is no such service
// here (reading).
func balancerExists(kind, id string) bool {
	prefix := "lb-"
	if kind == balancerApplication {
		prefix = "alb-"
	}
	return regexp.MustCompile(`^` + prefix + `[0-9a-z*-]+$`).MatchString(id)
}

// validPort reports whether a number is a port.
func validPort(port int) bool { return port >= 1 && port <= 65535 }

// certificatesExist reports whether all certificates of a list with commas do.
func certificatesExist(ids string) bool {
	return !slices.ContainsFunc(strings.Split(ids, ","), func(id string) bool {
		id = strings.TrimSpace(id)
		return !certificateExists(id) && !regexp.MustCompile(`^[0-9*]+-[a-z0-9-]+$`).MatchString(id)
	})
}
