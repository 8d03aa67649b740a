namespace Skep.Agent.Api;

/// <summary>Why the API did not serve somebody.</summary>
public enum ApiRefusal
{
    /// <summary>A user who is neither root nor the agent's own.</summary>
    Peer,

    /// <summary>A TLS handshake that failed: no certificate, or one that is not trusted.</summary>
    Certificate,

    /// <summary>A connection more than there may be at once.</summary>
    TooManyConnections,

    /// <summary>A connection that did not say in time what it wants, or does not go on.</summary>
    Silent,

    /// <summary>A connection that does not speak HTTP/2 as it must.</summary>
    Malformed,

    /// <summary>A request that cannot be read.</summary>
    BadRequest,

    /// <summary>A request that is too large, or a stream more than there may be at once.</summary>
    TooMuch,

    /// <summary>A method that is not served.</summary>
    Unknown,
}
