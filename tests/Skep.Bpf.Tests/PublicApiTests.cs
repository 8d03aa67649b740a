using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

public class PublicApiTests
{
    const string Update = "SKEP_UPDATE_PUBLIC_API";

    [Fact]
    public void Public_api_is_the_one_that_was_agreed_on()
    {
        var path = Path.Combine(RepositoryRoot(), "src", "Skep.Bpf", "PublicAPI.Shipped.txt");
        var actual = PublicApi.Of(typeof(Btf).Assembly);
        if (Environment.GetEnvironmentVariable(Update) == "1") File.WriteAllLines(path, actual);
        var agreed = File.ReadAllLines(path);
        var added = actual.Except(agreed).ToList();
        var removed = agreed.Except(actual).ToList();
        (added.Count + removed.Count).ShouldBe(0,
            $"the public API changed; when that is meant, run this test with {Update}=1 and commit {path}\nadded:\n  {string.Join("\n  ", added)}\nremoved:\n  {string.Join("\n  ", removed)}");
    }

    static string RepositoryRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Skep.slnx"))) return directory.FullName;
        }
        throw new DirectoryNotFoundException("no Skep.slnx above the test binary");
    }
}
