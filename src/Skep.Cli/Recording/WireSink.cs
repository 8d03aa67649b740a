namespace Skep.Cli.Recording;

/// <summary>Gets an event as it goes over the wire; it is valid during the call.</summary>
delegate void WireSink(ReadOnlySpan<byte> wire);
