using Skep.Engine.Rules;

namespace Skep.Tetragon.Export;

/// <summary>A hook's tag that knows how the hook's events are printed.</summary>
public interface IExportedHook
{
    /// <summary>How they are printed.</summary>
    /// <param name="request">The hook as it was loaded: its values have their final kinds.</param>
    ExportHook ExportOf(HookRequest request);
}
