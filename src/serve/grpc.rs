//! Questions over gRPC: the same as over HTTP.

use super::asked::{ExplainWords, HistoryWords, HopsWords, StatusWords};
use super::desk::Desk;
use super::proto::query_server::Query;
use super::proto::{
    AlertsRequest, AlertsResponse, AnnotationsRequest, AnnotationsResponse, BudgetRequest, BudgetResponse, ExplainRequest,
    ExplainResponse, FlowRequest, FlowResponse, GateRequest, GateResponse, HistoryRequest, HistoryResponse, HopsRequest,
    HopsResponse, IncidentsRequest, IncidentsResponse, MatchingRequest, MatchingResponse, StatusRequest, StatusResponse,
    TraceRequest, TraceResponse,
};
use crate::model::TraceId;
use crate::query::{BudgetQuestion, FlowQuestion, GateQuestion, IncidentsQuestion, QueryError};
use tonic::{Request, Response, Status};

/// Answers the service of `query.proto`.
pub(super) struct QueryService(pub(super) Desk);

impl From<QueryError> for Status {
    fn from(error: QueryError) -> Self {
        let told = error.to_string();
        match error {
            QueryError::NoSuchCapability { .. } | QueryError::NoSuchTrace(_) | QueryError::NoSuchIncident(_) => {
                Self::not_found(told)
            }
            QueryError::Bad(_) => Self::invalid_argument(told),
            QueryError::Unreadable(_) => Self::internal(told),
        }
    }
}

#[tonic::async_trait]
impl Query for QueryService {
    async fn status(&self, request: Request<StatusRequest>) -> Result<Response<StatusResponse>, Status> {
        let StatusRequest { capability, range } = request.into_inner();
        let question = StatusWords::from(range).question(given(capability), (self.0.clock)())?;
        let answer = self.0.ask(move |answers| answers.status(&question)).await?;
        Ok(Response::new(answer.into()))
    }

    async fn hops(&self, request: Request<HopsRequest>) -> Result<Response<HopsResponse>, Status> {
        let mut request = request.into_inner();
        let capability = given(std::mem::take(&mut request.capability));
        let question = HopsWords::try_from(request)?.question(capability, (self.0.clock)())?;
        let answer = self.0.ask(move |answers| answers.hops(&question)).await?;
        Ok(Response::new(answer.into()))
    }

    async fn history(&self, request: Request<HistoryRequest>) -> Result<Response<HistoryResponse>, Status> {
        let mut request = request.into_inner();
        let capability = std::mem::take(&mut request.capability);
        let question = HistoryWords::from(request).question(capability, (self.0.clock)())?;
        let answer = self.0.ask(move |answers| answers.history(&question)).await?;
        Ok(Response::new(answer.into()))
    }

    async fn explain(&self, request: Request<ExplainRequest>) -> Result<Response<ExplainResponse>, Status> {
        let mut request = request.into_inner();
        let capability = std::mem::take(&mut request.capability);
        let question = ExplainWords::try_from(request)?.question(capability, (self.0.clock)())?;
        let answer = self.0.ask(move |answers| answers.explain(&question)).await?;
        Ok(Response::new(answer.into()))
    }

    async fn flow(&self, request: Request<FlowRequest>) -> Result<Response<FlowResponse>, Status> {
        let FlowRequest { capability, range } = request.into_inner();
        let between = StatusWords::from(range).question(None, (self.0.clock)())?.between;
        let question = FlowQuestion { capability, between };
        let answer = self.0.ask(move |answers| answers.flow(&question)).await?;
        Ok(Response::new(answer.into()))
    }

    async fn matching(&self, request: Request<MatchingRequest>) -> Result<Response<MatchingResponse>, Status> {
        let capability = given(request.into_inner().capability);
        let answer = self.0.ask(move |answers| answers.matching(capability.as_deref())).await?;
        Ok(Response::new(answer.into()))
    }

    async fn alerts(&self, _: Request<AlertsRequest>) -> Result<Response<AlertsResponse>, Status> {
        let answer = self.0.ask(|answers| answers.alerts()).await?;
        Ok(Response::new(answer.into()))
    }

    async fn budget(&self, request: Request<BudgetRequest>) -> Result<Response<BudgetResponse>, Status> {
        let question = BudgetQuestion { capability: given(request.into_inner().capability), at_ns: Some((self.0.clock)()) };
        let answer = self.0.ask(move |answers| answers.budget(&question)).await?;
        Ok(Response::new(answer.into()))
    }

    async fn gate(&self, request: Request<GateRequest>) -> Result<Response<GateResponse>, Status> {
        let question = GateQuestion { capability: request.into_inner().capability, at_ns: Some((self.0.clock)()) };
        let answer = self.0.ask(move |answers| answers.gate(&question)).await?;
        Ok(Response::new(answer.into()))
    }

    async fn incidents(&self, request: Request<IncidentsRequest>) -> Result<Response<IncidentsResponse>, Status> {
        let IncidentsRequest { id, range } = request.into_inner();
        let between = StatusWords::from(range).question(None, (self.0.clock)())?.between;
        let question = IncidentsQuestion { id: given(id), between };
        let answer = self.0.ask(move |answers| answers.incidents(&question)).await?;
        Ok(Response::new(answer.into()))
    }

    async fn annotations(&self, request: Request<AnnotationsRequest>) -> Result<Response<AnnotationsResponse>, Status> {
        let between = StatusWords::from(request.into_inner().range).question(None, (self.0.clock)())?.between;
        let answer = self.0.ask(move |answers| answers.annotations(between)).await?;
        Ok(Response::new(answer.into()))
    }

    async fn trace(&self, request: Request<TraceRequest>) -> Result<Response<TraceResponse>, Status> {
        let id = TraceId::parse(&request.get_ref().trace_id).map_err(|error| Status::invalid_argument(error.to_string()))?;
        let answer = self.0.ask(move |answers| answers.trace(id)).await?;
        Ok(Response::new(answer.into()))
    }
}

/// In proto3 the empty text means "not given".
pub(super) fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
