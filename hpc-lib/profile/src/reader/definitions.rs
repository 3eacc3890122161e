use crate::record::definition::{Definition, decode_all};
use crate::record::region::{
    Communicator, CommunicatorId, Metric, MetricId, ParameterId, ParameterValue, Region, RegionId,
    TextId, ValueId,
};

/// What numbers in a recording stand for. A number whose definition found no room has none.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    regions: Vec<Option<Region>>,
    texts: Vec<Option<String>>,
    metrics: Vec<Option<Metric>>,
    parameters: Vec<Option<String>>,
    values: Vec<Option<(ParameterId, ParameterValue)>>,
    communicators: Vec<Option<Communicator>>,
}

/// Definitions of a kind that a damaged file can make us keep room for.
const LIMIT: usize = 1 << 24;

fn put<T>(list: &mut Vec<Option<T>>, index: usize, thing: T) {
    if index >= LIMIT {
        return;
    }
    if list.len() <= index {
        list.resize_with(index + 1, || None);
    }
    list[index] = Some(thing);
}

fn get<T>(list: &[Option<T>], index: usize) -> Option<&T> {
    list.get(index)?.as_ref()
}

impl Definitions {
    pub(super) fn extend(&mut self, words: &[u64]) {
        for definition in decode_all(words) {
            match definition {
                Definition::Text(id, text) => put(&mut self.texts, id.index(), text),
                Definition::Region(id, region) => put(&mut self.regions, id.index(), region),
                Definition::Metric(id, metric) => put(&mut self.metrics, id.index(), metric),
                Definition::Parameter(id, name) => put(&mut self.parameters, id.index(), name),
                Definition::Value(id, parameter, value) => {
                    put(&mut self.values, id.index(), (parameter, value));
                }
                Definition::Communicator(id, communicator) => {
                    put(&mut self.communicators, id.index(), communicator);
                }
            }
        }
    }

    /// A region.
    pub fn region(&self, id: RegionId) -> Option<&Region> {
        get(&self.regions, id.index())
    }

    /// A region's name; `?` if it has none.
    pub fn region_name(&self, id: RegionId) -> &str {
        self.region(id).map_or("?", |region| &region.name)
    }

    /// A text.
    pub fn text(&self, id: TextId) -> Option<&str> {
        get(&self.texts, id.index()).map(String::as_str)
    }

    /// A metric.
    pub fn metric(&self, id: MetricId) -> Option<&Metric> {
        get(&self.metrics, id.index())
    }

    /// A parameter's name.
    pub fn parameter(&self, id: ParameterId) -> Option<&str> {
        get(&self.parameters, id.index()).map(String::as_str)
    }

    /// A parameter's value, and which parameter's it is.
    pub fn value(&self, id: ValueId) -> Option<(ParameterId, &ParameterValue)> {
        get(&self.values, id.index()).map(|(parameter, value)| (*parameter, value))
    }

    /// A communicator.
    pub fn communicator(&self, id: CommunicatorId) -> Option<&Communicator> {
        get(&self.communicators, id.index())
    }

    /// All regions, in the order of their numbers.
    pub fn regions(&self) -> impl Iterator<Item = (RegionId, &Region)> {
        let numbered = self.regions.iter().enumerate();
        numbered.filter_map(|(id, region)| Some((RegionId(id as u32), region.as_ref()?)))
    }

    /// All metrics, in the order of their numbers.
    pub fn metrics(&self) -> impl Iterator<Item = (MetricId, &Metric)> {
        let numbered = self.metrics.iter().enumerate();
        numbered.filter_map(|(id, metric)| Some((MetricId(id as u32), metric.as_ref()?)))
    }

    /// All communicators, in the order of their numbers.
    pub fn communicators(&self) -> impl Iterator<Item = (CommunicatorId, &Communicator)> {
        let numbered = self.communicators.iter().enumerate();
        numbered.filter_map(|(id, one)| Some((CommunicatorId(id as u32), one.as_ref()?)))
    }

    /// All parameters, in the order of their numbers.
    pub fn parameters(&self) -> impl Iterator<Item = (ParameterId, &str)> {
        let numbered = self.parameters.iter().enumerate();
        numbered.filter_map(|(id, name)| Some((ParameterId(id as u32), name.as_deref()?)))
    }

    /// All values of parameters, in the order of their numbers.
    pub fn values(&self) -> impl Iterator<Item = (ValueId, ParameterId, &ParameterValue)> {
        let numbered = self.values.iter().enumerate();
        numbered.filter_map(|(id, value)| {
            let (parameter, value) = value.as_ref()?;
            Some((ValueId(id as u32), *parameter, value))
        })
    }

    /// All texts, in the order of their numbers.
    pub fn texts(&self) -> impl Iterator<Item = (TextId, &str)> {
        let numbered = self.texts.iter().enumerate();
        numbered.filter_map(|(id, text)| Some((TextId(id as u32), text.as_deref()?)))
    }
}
