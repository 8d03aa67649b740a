namespace Skep.Tetragon.Export;

/// <summary>A hook's tag that knows how the hook's events are printed.</summary>
public interface IExportedHook
{
    /// <summary>How they are printed.</summary>
    ExportHook Export { get; }
}
