namespace Skep.Tetragon.Export;

/// <summary>Where in a program or library a hook is.</summary>
/// <param name="Path">The file.</param>
/// <param name="Provider">Of a usdt; empty for functions.</param>
/// <param name="Offset">Of a place without a symbol; 0 for others.</param>
/// <param name="Counter">Offset of a counter of listeners; 0 for none.</param>
public sealed record ExportFile(string Path, string Provider, ulong Offset, ulong Counter);
