// The pretend shop: a cart in localStorage, forms that go nowhere, and the events a shop would report.
(() => {
  "use strict";

  // What a site owner writes to call the tracker before it has loaded: calls wait in a queue.
  const tracker = (...call) => {
    window.desireline = window.desireline || function () { (window.desireline.q = window.desireline.q || []).push([arguments, Date.now(), location.href]); };
    window.desireline(...call);
  };

  const PRODUCTS = {
    "first-light": { name: "First Light", price: 14 },
    "north-pier": { name: "North Pier", price: 15.5 },
    "slack-tide": { name: "Slack Tide decaf", price: 14.5 },
    "plan-cup": { name: "Cup plan, one month", price: 12 },
    "plan-pot": { name: "Pot plan, one month", price: 24 },
    "plan-crew": { name: "Crew plan, one month", price: 58 },
    "own-blend": { name: "Your own blend", price: 17 },
  };
  const KEY = "harbour-cart";
  let memory = [];

  const readCart = () => {
    try {
      const found = JSON.parse(localStorage.getItem(KEY) || "[]");
      return Array.isArray(found) ? found.filter((id) => Object.hasOwn(PRODUCTS, id)) : [];
    } catch { return memory; }
  };
  const writeCart = (ids) => {
    memory = ids;
    try { localStorage.setItem(KEY, JSON.stringify(ids)); } catch { /* private mode: the cart lives as long as the page */ }
    showCount();
  };
  const total = (ids) => ids.reduce((sum, id) => sum + PRODUCTS[id].price, 0);
  const money = (amount) => "€" + amount.toFixed(2);
  const showCount = () => document.querySelectorAll("[data-cart-count]").forEach((place) => { place.textContent = readCart().length; });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add]");
    if (!button) return;
    const id = button.dataset.add;
    writeCart([...readCart(), id]);
    tracker("track", "add_to_cart", { product: id, price: PRODUCTS[id].price });
    const said = document.querySelector("[data-said]");
    if (said) said.textContent = PRODUCTS[id].name + " is in your cart.";
  });

  const cartTable = document.querySelector("[data-cart]");
  const drawCart = () => {
    const ids = readCart();
    cartTable.querySelector("tbody").replaceChildren(...ids.map((id, place) => {
      const row = document.createElement("tr");
      const name = row.insertCell(), price = row.insertCell(), out = row.insertCell();
      name.textContent = PRODUCTS[id].name;
      price.textContent = money(PRODUCTS[id].price);
      price.className = "number";
      const button = document.createElement("button");
      button.className = "quiet";
      button.textContent = "Remove";
      button.setAttribute("aria-label", "Remove " + PRODUCTS[id].name);
      button.addEventListener("click", () => { writeCart(ids.filter((_, other) => other !== place)); drawCart(); });
      out.append(button);
      return row;
    }));
    cartTable.querySelector("[data-total]").textContent = money(total(ids));
    document.querySelector("[data-empty]").hidden = ids.length > 0;
    document.querySelector("[data-to-checkout]").hidden = ids.length === 0;
  };
  if (cartTable) drawCart();

  // An experiment: half of all browsers see when their coffee arrives. Without its script nobody does.
  const promise = document.querySelector("[data-promise]");
  if (promise && readCart().length) {
    promise.hidden = window.desireline?.assign?.("cart-promise", 0.5) !== "on";
    window.desireline?.exposed?.("cart-promise");
  }

  // A short stable number from the e-mail, so that one person is one id on two devices and no address is sent.
  const memberId = (email) => {
    let hash = 5381;
    for (const letter of email.trim().toLowerCase()) hash = ((hash * 33) ^ letter.codePointAt(0)) >>> 0;
    return "member-" + hash.toString(36);
  };

  const signup = document.getElementById("signup");
  if (signup) signup.addEventListener("submit", (event) => {
    event.preventDefault();
    const plan = signup.elements.plan.value;
    tracker("identify", memberId(signup.elements.email.value), { plan, newsletter: signup.elements.newsletter.checked });
    tracker("track", "signup", { plan });
    location.href = "/welcome";
  });

  const checkout = document.getElementById("checkout");
  if (checkout) {
    const ids = readCart();
    document.querySelector("[data-due]").textContent = money(total(ids));
    if (ids.length) tracker("track", "begin_checkout", { total: total(ids), items: ids.length });
    checkout.addEventListener("submit", (event) => {
      event.preventDefault();
      const order = { order_id: "HC-" + Date.now().toString(36).toUpperCase(), total: total(readCart()), items: readCart().length };
      try { sessionStorage.setItem("harbour-order", JSON.stringify(order)); } catch { /* then the thank-you page has nothing to report */ }
      location.href = "/thanks";
    });
  }

  const receipt = document.querySelector("[data-receipt]");
  if (receipt) {
    let order = null;
    try {
      order = JSON.parse(sessionStorage.getItem("harbour-order"));
      sessionStorage.removeItem("harbour-order"); // a reload of the page is not a second purchase
    } catch { /* no storage, no order */ }
    if (order) {
      tracker("track", "purchase", order);
      writeCart([]);
      receipt.textContent = "Order " + order.order_id + ", " + money(order.total) + ". Nothing was charged: this shop is pretend.";
    }
  }
  showCount();
})();
