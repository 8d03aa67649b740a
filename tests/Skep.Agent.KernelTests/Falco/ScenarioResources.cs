using static Skep.Agent.KernelTests.Falco.Scenario;

namespace Skep.Agent.KernelTests.Falco;

/// <summary>Files and directories that a scenario wants to be there. Those that were not are removed afterwards.</summary>
sealed class ScenarioResources : IDisposable
{
    readonly Stack<string> _made = [];

    public ScenarioResources(Scenario scenario)
    {
        foreach (var resource in scenario.Resources)
        {
            switch ((Text(resource, "type"), Text(resource, "subtype")))
            {
                case ("fd", "file"): Create(Text(resource, "filePath")!); break;
                case ("fd", "directory"): CreateDirectory(Text(resource, "dirPath")!); break;
                case ("clientServer", null): break;
                case var other: throw new InvalidDataException($"resource {other}");
            }
        }
    }

    public void Dispose()
    {
        foreach (var path in _made)
        {
            if (Directory.Exists(path)) Directory.Delete(path);
            else File.Delete(path);
        }
    }

    void Create(string path)
    {
        CreateDirectory(Path.GetDirectoryName(path)!);
        if (File.Exists(path)) return;
        File.WriteAllText(path, "");
        _made.Push(path);
    }

    void CreateDirectory(string path)
    {
        if (Directory.Exists(path)) return;
        CreateDirectory(Path.GetDirectoryName(path)!);
        Directory.CreateDirectory(path);
        _made.Push(path);
    }
}
