using Shouldly;
using Xunit;

namespace Skep.Falco.Tests.Loading;

public class LoadingTests
{
    public static IEnumerable<object[]> Names => LoadingCase.All.Select(c => new object[] { c.Name });

    [Theory]
    [MemberData(nameof(Names))]
    public void Files_load_or_say_what_is_wrong(string name)
    {
        var item = LoadingCase.Of(name);

        item.Run().ShouldBe(item.Expected);
    }
}
