package saesim

import "slipway/saeclient"

const (
	opOpen    = "OpenSaeService"
	opRegions = "DescribeRegions"
)

// openService serves OpenSaeService (SAE API reference ch. 8.1). The simulator works
// before as well; the second time the service is open already.
func openService(c *call) (any, *apiError) {
	if c.st.Opened {
		return nil, refuse(codeAlreadyOpen)
	}
	c.st.Opened = true
	return reply{orderID: c.st.Draw("service")}, nil
}

// regionsData and recommendedZones wrap their lists, as every official SDK reads them; the
// reference prints bare lists.
type (
	regionsData struct{ Region []regionData }

	regionData struct {
		LocalName      string
		RegionEndpoint string
		RegionID       string `json:"RegionId"`
		RecommendZones recommendedZones
	}

	recommendedZones struct{ RecommendZone []string }
)

// describeRegions serves DescribeRegions (SAE API reference ch. 10.2). Names are English, and each region recommends its second zone (reading).
func describeRegions(*call) (any, *apiError) {
	var regions []regionData
	for _, r := range saeclient.Regions() {
		zone := "-b"
		if last := r.ID[len(r.ID)-1]; last >= '0' && last <= '9' {
			zone = "b"
		}
		regions = append(regions, regionData{
			LocalName: r.Name, RegionEndpoint: "sae." + r.ID + ".aliyuncs.com", RegionID: r.ID, RecommendZones: recommendedZones{[]string{r.ID + zone}},
		})
	}
	return reply{regions: &regionsData{regions}}, nil
}
