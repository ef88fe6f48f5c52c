//! A graph becomes the bytes of an ONNX file.

use rten_onnx::onnx::{GraphProto, ModelProto, OperatorSetIdProto, StringStringEntryProto};
use rten_onnx::protobuf::{EncodeMessage, MessageWriter, ProtobufError, ValueWriter, WriteValue};

use crate::ModelError;

/// Version of the file format, and of the operators. Both are older than what runtimes of the last years read.
const IR_VERSION: i64 = 8;
const OPERATORS: i64 = 17;

pub(super) fn write(graph: GraphProto, facts: &[(&str, String)]) -> Result<Vec<u8>, ModelError> {
    let metadata_props = facts
        .iter()
        .map(|(key, value)| StringStringEntryProto { key: Some((*key).to_owned()), value: Some(value.clone()) })
        .collect();
    let model = ModelProto {
        ir_version: Some(IR_VERSION),
        graph: None,
        opset_import: vec![OperatorSetIdProto { domain: None, version: Some(OPERATORS) }],
        metadata_props,
        producer_name: Some("sightline".to_owned()),
        producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
    };
    let mut bytes = Vec::new();
    match (File { model, graph: Named(graph) }).encode(ValueWriter::new(&mut bytes)) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(ModelError::Damaged { what: "network", detail: format!("it cannot be exported: {error}") }),
    }
}

/// ONNX asks each graph for a name, which rten's types leave out because rten has no use for it.
struct Named(GraphProto);

impl Named {
    /// Field of `GraphProto` in `onnx.proto`.
    const NAME: u64 = 2;
}

impl EncodeMessage for Named {
    fn encode_fields<W: WriteValue>(&self, fields: &mut MessageWriter<W>) -> Result<(), ProtobufError> {
        fields.write_string(Self::NAME, "network")?;
        self.0.encode_fields(fields)
    }
}

struct File {
    model: ModelProto,
    graph: Named,
}

impl File {
    /// Field of `ModelProto` in `onnx.proto`.
    const GRAPH: u64 = 7;
}

impl EncodeMessage for File {
    fn encode_fields<W: WriteValue>(&self, fields: &mut MessageWriter<W>) -> Result<(), ProtobufError> {
        self.model.encode_fields(fields)?;
        fields.write_message(Self::GRAPH, &self.graph)
    }
}
