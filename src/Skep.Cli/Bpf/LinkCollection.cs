using Skep.Bpf;

namespace Skep.Cli.Bpf;

/// <summary>The attachments of one object.</summary>
sealed class LinkCollection : IDisposable
{
    readonly Dictionary<string, BpfLink> _links = [];
    readonly Dictionary<string, string> _failures = [];

    /// <summary>The attachments by the name of their program or struct_ops map.</summary>
    public IReadOnlyDictionary<string, BpfLink> Links => _links;

    public int Count => _links.Count;

    public int Failures => _failures.Count;

    /// <summary>Attaches every program, going on where one cannot be attached.</summary>
    public void AttachAll(BpfObject loaded, AutoAttachOptions options)
    {
        foreach (var program in loaded.Programs.Values)
        {
            if (program.Type is ProgramType.StructOps or ProgramType.Syscall) continue;
            try
            {
                _links[program.Name] = program.Attach(options);
            }
            catch (Exception error) when (error is BpfException or InvalidOperationException or IOException)
            {
                _failures[program.Name] = error.Message;
            }
        }
        AttachStructs(loaded);
    }

    /// <summary>What became of a struct_ops map; empty for other maps.</summary>
    public string StateOf(BpfMap map) =>
        _links.ContainsKey(map.Name) ? ": registered" : _failures.TryGetValue(map.Name, out var failure) ? $": not registered: {failure}" : "";

    public string StateOf(BpfProgram program) =>
        _links.ContainsKey(program.Name) ? $"attached{(program.AttachTarget.Length > 0 ? $" to {program.AttachTarget}" : "")}"
        : _failures.TryGetValue(program.Name, out var failure) ? $"not attached: {failure}"
        : "loaded";

    public void Dispose()
    {
        foreach (var link in _links.Values) link.Dispose();
    }

    void AttachStructs(BpfObject loaded)
    {
        foreach (var map in loaded.Maps.Values)
        {
            if (map.Type != MapType.StructOps) continue;
            try
            {
                _links[map.Name] = loaded.AttachStructOps(map.Name);
            }
            catch (Exception error) when (error is BpfException or InvalidOperationException)
            {
                _failures[map.Name] = error.Message;
            }
        }
    }
}
