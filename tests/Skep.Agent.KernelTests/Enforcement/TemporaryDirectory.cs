namespace Skep.Agent.KernelTests.Enforcement;

/// <summary>A directory that everybody may look into, gone at the end.</summary>
sealed class TemporaryDirectory : IDisposable
{
    readonly string _path = Directory.CreateDirectory($"/tmp/skep-test-{Environment.ProcessId}-{Guid.NewGuid():n}").FullName;

    public string File(string name) => Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
