namespace Skep.Agent.Api;

/// <summary>Where and whom the agent serves.</summary>
public sealed record ApiOptions
{
    /// <summary>Path of the unix socket; null for none. Only its owner, and root, may use it.</summary>
    public string? Socket { get; init; }

    /// <summary>Address and port for TCP, which is for clients with a certificate only; null for none.</summary>
    public System.Net.IPEndPoint? Address { get; init; }

    /// <summary>The server's certificate and key, in PEM files.</summary>
    public string CertificateFile { get; init; } = "";

    /// <summary>The server's private key, in a PEM file.</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>Certificates of those who may sign clients' certificates, in a PEM file.</summary>
    public string ClientAuthorityFile { get; init; } = "";

    /// <summary>Bytes of events that wait for a slow client; more are lost to it, and counted.</summary>
    public int ClientBuffer { get; init; } = 1 << 20;

    /// <summary>Streams of events at once.</summary>
    public int MaxStreams { get; init; } = 128;

    /// <summary>Connections at once.</summary>
    public int MaxConnections { get; init; } = 512;

    /// <summary>How long a new connection may take to say what it wants, and a request to arrive.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether anything is to be served.</summary>
    public bool IsWanted => Socket is not null || Address is not null;
}
