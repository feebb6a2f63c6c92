package report

func (g *gatherer) provenance() Provenance { return Provenance{} }
