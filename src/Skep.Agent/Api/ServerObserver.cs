using System.Diagnostics.Metrics;

namespace Skep.Agent.Api;

/// <summary>
/// Counts why the server ended connections, which it tells in its metrics alone
/// (https://learn.microsoft.com/aspnet/core/log-mon/metrics/built-in: Microsoft.AspNetCore.Server.Kestrel).
/// </summary>
sealed class ServerObserver : IDisposable
{
    const string Meter = "Microsoft.AspNetCore.Server.Kestrel", Ended = "kestrel.connection.duration", Rejected = "kestrel.rejected_connections", Reason = "error.type";

    readonly MeterListener _listener = new();
    readonly ApiCounters _counters;
    readonly object? _scope;

    /// <param name="counters">Where it is counted.</param>
    /// <param name="scope">The server's own factory of meters: there may be other servers in this process.</param>
    public ServerObserver(ApiCounters counters, object? scope)
    {
        (_counters, _scope) = (counters, scope);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Meter && ReferenceEquals(instrument.Meter.Scope, _scope) && instrument.Name is Ended or Rejected) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, _, tags, _) => OnEnd(tags));
        _listener.SetMeasurementEventCallback<long>((_, _, _, _) => _counters.Refuse(ApiRefusal.TooManyConnections));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    void OnEnd(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == Reason && tag.Value is string reason && Of(reason) is { } refusal) _counters.Refuse(refusal);
        }
    }

    /// <summary>Null of ends that are nobody's fault, or that were counted where they were caused.</summary>
    static ApiRefusal? Of(string reason) => reason switch
    {
        "tls_handshake_failed" => ApiRefusal.Certificate,
        "keep_alive_timeout" or "request_headers_timeout" or "min_request_body_data_rate" or "min_response_data_rate" or "http2_keep_alive_timeout" => ApiRefusal.Silent,
        "aborted_by_app" or "app_shutdown_timeout" or "transport_completed" or "io_error" or "write_canceled" or "connection_reset" or "client_go_away"
            or "error_after_starting_response" or "max_concurrent_connections_exceeded" or "server_timeout" => null,
        "max_request_body_size_exceeded" => ApiRefusal.TooMuch,
        _ => ApiRefusal.Malformed,
    };
}
