namespace Skep.Engine.Containers;

/// <summary>The runtimes' own interface, which is asked for what their files do not tell: labels of pods, names that are in a database.</summary>
public interface IContainerRuntime
{
    /// <summary>Asks for a container. Called by a thread that has nothing else to do than to wait, for a second or two and no longer.</summary>
    /// <param name="id">Its full id.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <param name="container">What is known; null when no runtime knows it yet.</param>
    /// <returns>Whether any runtime answered.</returns>
    bool TryFind(string id, CancellationToken stop, out RuntimeContainer? container);
}
